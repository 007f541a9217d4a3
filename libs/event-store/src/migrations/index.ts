import { CreateEvents1700200000001 } from './1700200000001-create-events.js';

/** The migrations of this library, oldest first. They need those of `@acci/database` before them. */
export const eventStoreMigrations = [CreateEvents1700200000001];
