// Logs a line through StandardOutput and ends in the way the first argument says.
import { StandardOutput } from '../log/standard-output.ts';

const output = new StandardOutput();
output.write('first\n');
output.write('second\n');
const ends = {
  exit: () => process.exit(0),
  throw: () => {
    throw new Error('boom');
  },
  run: () => {},
  close: () => {
    output.close();
    output.write('third\n');
  },
};
ends[process.argv[2]]();
