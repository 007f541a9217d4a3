import { CreateProjections1700300000001 } from './1700300000001-create-projections.js';

/** The migrations of this library, oldest first. They need those of `@acci/event-store` before them. */
export const projectionsMigrations = [CreateProjections1700300000001];
