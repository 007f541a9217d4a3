import { endOfPrefix, searchedWords, wordsOf } from './user-words.js';

const nobody = { email: 'x@y.example', userName: null, displayName: 'x', givenName: null, familyName: null };

describe('the words that a user is found by', () => {
  it('are those of all names and of the address, whole and in parts, without case and marks', () => {
    const user = {
      ...nobody,
      email: 'zoe.m@corp.example',
      displayName: 'Zoë Müller-Lüdenscheidt',
      userName: 'zm_1',
    };
    expect(wordsOf(user).toSorted()).toEqual([
      '1',
      'corp',
      'corp.example',
      'example',
      'ludenscheidt',
      'm',
      'muller',
      'muller-ludenscheidt',
      'zm',
      'zm_1',
      'zoe',
      'zoe.m@corp.example',
    ]);
  });

  it('are short enough for an index, however a name grows when it is folded', () => {
    const displayName = '\u3316'.repeat(200);
    for (const word of wordsOf({ ...nobody, displayName })) expect(word.length).toBeLessThanOrEqual(100);
    expect(wordsOf({ ...nobody, displayName })).toContain(searchedWords(displayName)[0]);
  });

  it('are the same however they are typed', () => {
    expect(searchedWords('  MÜLLER mu\u0308ller \u00a0 Ｍuller ')).toEqual(['muller']);
    expect(searchedWords(' \t ')).toEqual([]);
  });

  it('begin as a prefix does within its range only', () => {
    const within = (word: string) => Buffer.compare(Buffer.from(word), Buffer.from(endOfPrefix('mul'))) < 0;
    expect([within('mul'), within('muller'), within('mul\u{10FFFE}'), within('mum')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
