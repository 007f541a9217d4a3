import { ApiUnderTest } from '../setup/api-under-test.js';
import { Contract, type Document } from './document.js';

type Tagged = Document & { readonly tags: readonly { name: string; description: string }[] };

// What people see who open /docs.
let document: Tagged;
let contract: Contract;

beforeAll(async () => {
  const api = await ApiUnderTest.start();
  document = (await (await api.fetch('/openapi/v1.json')).json()) as Tagged;
  contract = new Contract(document);
  await api.close();
});

it('every operation stands once, below a tag that is described', () => {
  const names = document.tags.map(({ name }) => name);
  expect(names.slice(0, 2)).toEqual(['Login', 'Sessions']);
  expect(document.tags.filter(({ name, description }) => description === `${name}.`)).toEqual([]);
  const astray = contract.routes.filter(({ tags }) => tags.length !== 1 || !names.includes(tags[0]!));
  expect(astray.map(({ operationId }) => operationId)).toEqual([]);
});

it('no example narrows a list or guesses a version where nobody asked for that', () => {
  const filledIn = contract.routes.flatMap((route) =>
    [...contract.parameters(route, 'query'), ...contract.parameters(route, 'header')]
      .filter(({ required, example, schema }) => !required && (example ?? schema?.example) !== undefined)
      .map(({ name }) => `${route.operationId} ${name}`),
  );
  expect(filledIn).toEqual([]);
});
