import { CredentialsInvalid } from '../auth.errors.js';
import { basicCredentials } from './basic-credentials.js';

const basic = (text: string | Buffer) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('A Basic header', () => {
  it('carries a user name and a password, which may have colons', () => {
    const ada = { userName: 'ada', password: 'a:b' };
    for (const header of [
      basic('ada:a:b'),
      basic('ada:a:b').replace(/=+$/, ''),
      `basic   ${btoa('ada:a:b')}`,
    ])
      expect(basicCredentials(header)).toEqual(ada);
    expect(basicCredentials(basic(':'))).toEqual({ userName: '', password: '' });
    expect(basicCredentials(basic('ä:ö'))).toEqual({ userName: 'ä', password: 'ö' });
  });

  it.each([undefined, '', 'Bearer abc', 'Basicabc'])('%j is another matter', (header) => {
    expect(basicCredentials(header)).toBeUndefined();
  });

  it.each([
    'Basic',
    'Basic ',
    'Basic\tYTpi',
    'Basic YTpi x',
    'Basic YTpi, Basic YTpi',
    'Basic YT-_',
    'Basic YTpi====',
    'Basic Y',
    basic('no colon'),
    basic('nul\0:x'),
    basic('line\r\n:x'),
    basic(Buffer.from([0x61, 0x3a, 0xff])),
    basic(`a:${'b'.repeat(4_000)}`),
    `Basic ${' '.repeat(100_000)}YTpi`,
  ])('%j is refused', (header) => {
    expect(() => basicCredentials(header)).toThrow(CredentialsInvalid);
  });
});
