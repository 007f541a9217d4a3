import { isStorableText } from '../event/storable-text.js';

/**
 * Says what an event is about, across streams: `course:7` on everything that concerns course 7. Made by {@link tag};
 * stored beside the event, in clear.
 */
export type Tag = `${string}:${string}`;

const nameFormat = /^[a-z][a-z0-9_.-]{0,99}$/;
const longestValue = 255;

/**
 * Makes a tag, inside an event definition or to ask for events.
 *
 * @param name what sort of thing it is, such as `course`: lower case, up to 100 characters.
 * @param value which one, 1 to 255 characters. Never personal: tags are not encrypted, and outlive a forgotten subject.
 * @throws {RangeError} for a name or value that cannot be one: bound it in the event's schema.
 * @example
 * tags: ({ courseId, studentId }) => [tag('course', courseId), tag('student', studentId)]
 */
export function tag(name: string, value: string): Tag {
  if (!nameFormat.test(name)) {
    throw new RangeError(`A tag's name must be like 'course', not ${JSON.stringify(name)}`);
  }
  if (value.length === 0 || value.length > longestValue || !isStorableText(value)) {
    throw new RangeError(`The value of a tag must have 1 to ${longestValue} characters of valid Unicode`);
  }
  return `${name}:${value}`;
}
