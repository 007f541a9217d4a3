import type { ProjectionRegistry } from '../projection-registry.js';
import type { EventIntake } from './event-intake.js';
import type { Reaction } from './reaction.js';
import { ReactionRegistrationError } from './reactions.errors.js';

const nameFormat = /^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/;

/** Every subscription and process manager that the program knows. What is declared wrongly fails here, at boot. */
export class ReactionRegistry {
  private readonly reactions = new Map<string, Reaction>();

  constructor(
    private readonly projections: ProjectionRegistry,
    private readonly intake: EventIntake,
  ) {}

  /**
   * Adds a reaction, and the projection that notes what it has to do.
   *
   * @throws {ReactionRegistrationError} {@link ProjectionRegistrationError} naming what is wrong.
   */
  register(reaction: Reaction): void {
    const { name, events, concurrency = 1 } = reaction.options;
    if (!nameFormat.test(name ?? ''))
      fail(`A ${reaction.kind} needs a name such as 'area.noun', not ${name}`);
    if (this.reactions.has(name)) fail(`Two reactions have the same name, ${name}`);
    if (!events?.length) fail(`${name} lists no events`);
    if (!Number.isSafeInteger(concurrency) || concurrency < 1)
      fail(`${name} needs a concurrency from 1, not ${concurrency}`);
    this.projections.register(this.intake.projectionFor(reaction));
    this.reactions.set(name, reaction);
  }

  list(): Reaction[] {
    return [...this.reactions.values()];
  }

  find(name: string): Reaction | undefined {
    return this.reactions.get(name);
  }
}

function fail(reason: string): never {
  throw new ReactionRegistrationError(reason);
}
