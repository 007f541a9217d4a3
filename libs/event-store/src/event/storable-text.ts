/** True for text that PostgreSQL can store and that comes back as it was. */
export function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
