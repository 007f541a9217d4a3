/**
 * An e-mail address as it is stored and compared: two ways to write the same one are one. Only ASCII passes the
 * schema of requests, so that no address merely looks like another.
 *
 * @example
 * emailKey('Ada@Example.com'); // 'ada@example.com'
 */
export function emailKey(email: string): string {
  return email.normalize('NFC').toLowerCase();
}

/**
 * A user name as it is stored and compared. NFKC first: letters that are another form of the same letter, such as those
 * of full width, are no other name.
 *
 * @example
 * userNameKey('ＡＤＡ'); // 'ada'
 */
export function userNameKey(userName: string): string {
  return userName.normalize('NFKC').toLowerCase().normalize('NFKC');
}
