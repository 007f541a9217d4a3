/** Marks on letters are left out, so that who types `muller` finds Müller. */
function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

/** Folded, some names grow manifold, and PostgreSQL refuses what is too long for a page of an index. */
const longestWord = 100;

function different(words: readonly string[]): string[] {
  return [...new Set(words.map((word) => word.slice(0, longestWord)))].filter((word) => word !== '');
}

/** What a user is found by. */
export interface SearchedFields {
  readonly email: string;
  readonly userName: string | null;
  readonly displayName: string;
  readonly givenName: string | null;
  readonly familyName: string | null;
}

/** The words that a user is found by when somebody types how one of them begins. */
export function wordsOf({ email, userName, displayName, givenName, familyName }: SearchedFields): string[] {
  const domain = email.slice(email.indexOf('@') + 1);
  const texts = [email, domain, userName, displayName, givenName, familyName].filter((text) => text !== null);
  const words = texts.flatMap((text) => {
    const folded = fold(text);
    return folded.split(/\s+/u).concat(folded.split(/[^\p{L}\p{N}]+/u));
  });
  return different(words);
}

/** What somebody who searches typed, each of which must be how a word begins. */
export function searchedWords(search: string): string[] {
  return different(fold(search).split(/\s+/u));
}

/**
 * The first text that comes after all that begin so, as bytes sort it.
 *
 * @example
 * const [from, to] = [word, endOfPrefix(word)]; // from <= whatever begins so < to
 */
export function endOfPrefix(prefix: string): string {
  return `${prefix}\u{10FFFF}`;
}
