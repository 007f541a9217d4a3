import { readFile } from 'node:fs/promises';
import { Test } from '@nestjs/testing';
import { uuidv7 } from './index.js';
import { Orders, ShopModule } from './spec-support/readme-example.js';
import { TestDatabase } from './testing.js';

describe('the example of the README', () => {
  it('is the one that is compiled', async () => {
    const source = await readFile(new URL('./spec-support/readme-example.ts', import.meta.url), 'utf8');
    const example = /\/\/ README begins\n([^]+?)\n\/\/ README ends/.exec(source)?.[1] ?? 'no example';
    expect(await readFile(new URL('../README.md', import.meta.url), 'utf8')).toContain(example);
  });

  it('runs', async () => {
    const db = await TestDatabase.create({ migrations: [] });
    const module = await Test.createTestingModule({ imports: [ShopModule.forRoot(db.urls)] }).compile();
    await module.init();
    try {
      const orders = module.get(Orders);
      const [one, other] = [uuidv7(), uuidv7()];
      await orders.place(one, ['lamp', 'chair']);
      expect(await orders.items(one)).toEqual([{ item: 'lamp' }, { item: 'chair' }]);
      expect(await orders.items(other)).toEqual([]);
    } finally {
      await module.close();
      await db.close();
    }
  });
});
