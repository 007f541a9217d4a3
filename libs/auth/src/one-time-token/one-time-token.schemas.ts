import { z } from 'zod';

/** How a token looks, for documentation. */
export const exampleToken =
  'accionce_030TsCwCIrMRYcHxmUbaEc_000000002dwHTRTFRxWLTM_ThisIsAnExampleAndOpensNothingAtAllAnywhere_000000';

/** The token of a link, as it came. Its form is not judged here: whatever is wrong with it is answered the same. */
export const OneTimeTokenText = z
  .string()
  .min(1)
  .max(200)
  .meta({ description: 'The token of the link in the mail. It works once.', examples: [exampleToken] });
