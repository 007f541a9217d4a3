import { type Context, type EventStore, StreamNotFound } from '@acci/event-store';
import { User } from './user.aggregate.js';
import { UserNotFound } from './user.errors.js';

/** @throws {UserNotFound} */
export async function loadUser(store: EventStore, ctx: Context, id: string): Promise<User> {
  try {
    return await store.load(ctx, User, id);
  } catch (error) {
    throw error instanceof StreamNotFound ? new UserNotFound(id) : error;
  }
}
