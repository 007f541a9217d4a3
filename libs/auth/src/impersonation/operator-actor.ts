/**
 * As whom the events of a tenant know somebody who acts for the platform: a user of the platform's is no user there, and
 * must not be taken for one.
 */
export function operatorActor(actor: string): string {
  return actor.replace(/^user:/, 'operator:');
}
