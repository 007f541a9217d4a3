import { comparePositions, parsePosition, type Position } from '../position.js';

/** What stands for it that a person was forgotten: who, when, by whom, and what it was about. */
export interface ForgetReceipt {
  /** A UUIDv7; also the id of the stream with the event `acci.subject.forgotten`. */
  readonly id: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly forgottenAt: Date;
  /** As in the metadata of events, such as `user:<id>`. */
  readonly forgottenBy: string;
  /** Where the event `acci.subject.forgotten` stands: what kept copies and has come this far has replaced them. */
  readonly position: Position;
  /** The events that had personal data of the subject, in the order of the log; it can be read by nobody now. */
  readonly events: readonly Position[];
  /** How many rows were replaced or removed in the same transaction, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Whether what a receipt says is so. */
export interface ForgetVerification {
  readonly receipt: ForgetReceipt;
  readonly verified: boolean;
  /** What is not as it should be, in words; empty if it was verified. Nothing personal. */
  readonly problems: readonly string[];
}

/** A receipt as it is stored; positions as text. */
export interface ForgetReceiptRow {
  readonly tenant_id: string;
  readonly id: string;
  readonly subject: string;
  readonly forgotten_at: Date;
  readonly forgotten_by: string;
  readonly position: string;
  readonly events: readonly string[];
  readonly rows: Readonly<Record<string, number>>;
}

export function toReceipt(row: ForgetReceiptRow): ForgetReceipt {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    subject: row.subject,
    forgottenAt: row.forgotten_at,
    forgottenBy: row.forgotten_by,
    position: parsePosition(row.position) as Position,
    events: row.events.map((position) => parsePosition(position) as Position).toSorted(comparePositions),
    rows: row.rows,
  };
}
