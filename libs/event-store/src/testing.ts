export { testContext } from './testing/context.js';
export { given, type Given, type When } from './testing/given.js';
