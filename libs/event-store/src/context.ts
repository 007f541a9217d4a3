/**
 * On whose behalf something happens, and why. It is the first argument of every command and query, and what of it
 * is worth keeping goes into every event's metadata.
 *
 * @example
 * const ctx: Context = { tenantId, actor: 'user:7f3c', correlationId: 'req-1' };
 */
export interface Context {
  /** The tenant whose streams are read and written; a UUID. */
  readonly tenantId: string;
  /** Who acts, such as `user:<id>`, `key:<id>` or `system:<process>`. */
  readonly actor: string;
  /** Shared by everything that one outside request caused. */
  readonly correlationId: string;
  /** The event or command that directly caused this one. */
  readonly causationId?: string;
  /** The command's own id, when its sender gave it one. */
  readonly commandId?: string;
}
