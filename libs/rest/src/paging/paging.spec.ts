import fc from 'fast-check';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './cursor.js';
import { keyset } from './keyset.js';
import { cutPage } from './page.js';

const Key = z.tuple([z.string(), z.int()]);
const invalid = expect.objectContaining({ status: 400, code: 'request.cursor.invalid' });

describe('cursors', () => {
  it('bring any key back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 100 }), fc.integer(), (text, number) => {
        const cursor = encodeCursor([text, number]);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeCursor(cursor, Key)).toEqual([text, number]);
      }),
    );
  });

  it('are refused with one code, whatever is wrong with them', () => {
    fc.assert(
      fc.property(fc.string(), (cursor) => {
        let thrown: unknown;
        try {
          decodeCursor(cursor, Key);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toEqual(invalid);
      }),
    );
    expect(decodeCursor(undefined, Key)).toBeUndefined();
  });

  it('with a NUL are refused, wherever it is', () => {
    const text = z.tuple([z.object({ slug: z.string() })]);
    expect(() => decodeCursor(encodeCursor([{ slug: 'a\0b' }]), text)).toThrow('not made by this list');
    expect(decodeCursor(encodeCursor([{ slug: '\\u0000' }]), text)).toEqual([{ slug: '\\u0000' }]);
  });

  it('of another sort order are refused', () => {
    expect(() => decodeCursor(encodeCursor([1, 'a']), Key)).toThrow('another sort order');
  });
});

describe('cutPage', () => {
  it('takes the row too many as the sign of a next page', () => {
    expect(cutPage([1, 2, 3], 2, String)).toEqual({ items: [1, 2], next: '2' });
    expect(cutPage([1, 2], 2, String)).toEqual({ items: [1, 2], next: null });
    expect(cutPage([], 2, String)).toEqual({ items: [], next: null });
  });
});

describe('keyset', () => {
  const slug = { column: 'slug', direction: 'asc' } as const;
  const id = { column: 't.id', direction: 'asc', type: 'uuid' } as const;

  it('compares rows where all columns go one way', () => {
    expect(keyset([slug, id], ['acme', '1'], 3)).toEqual({
      orderBy: 'slug ASC, t.id ASC',
      where: '(slug, t.id) > ($3, $4::uuid)',
      values: ['acme', '1'],
    });
  });

  it('spells it out where they do not', () => {
    expect(keyset([{ ...slug, direction: 'desc' }, id], ['acme', '1']).where).toBe(
      '((slug < $1) OR (slug = $1 AND t.id > $2::uuid))',
    );
  });

  it('starts at the beginning without a key', () => {
    expect(keyset([slug], undefined)).toEqual({ orderBy: 'slug ASC', where: undefined, values: [] });
  });

  it('refuses what is no column, and a key of another length', () => {
    expect(() => keyset([{ column: 'slug; drop table x', direction: 'asc' }], undefined)).toThrow(
      'plain column',
    );
    expect(() => keyset([slug, id], ['acme'])).toThrow('one value per column');
  });
});
