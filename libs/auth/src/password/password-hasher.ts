import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { LoginOverloaded } from '../login/login.errors.js';
import { PasswordHashingWeak } from './password.errors.js';
import { WorkQueue } from './work-queue.js';

const least = { memoryKiB: 19_456, passes: 2, lanes: 1 };

/**
 * Hashes passwords with argon2id, on threads beside the one that answers requests, and on so few that both the machine
 * and Node's thread pool, of four, keep one for everything else.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly parameters: { memoryCost: number; timeCost: number; parallelism: number };
  private readonly queue: WorkQueue;
  /** The hash of what nobody knows, as dear to check as anybody's. */
  private nobodys = '';

  /** @throws {PasswordHashingWeak} */
  constructor(@Inject(MODULE_OPTIONS_TOKEN) { passwordHashing = {} }: AuthModuleOptions) {
    const { memoryKiB, passes, lanes, weak, ...limits } = { ...least, ...passwordHashing };
    if (!weak && (memoryKiB < least.memoryKiB || passes < least.passes || lanes < least.lanes))
      throw new PasswordHashingWeak();
    this.parameters = { memoryCost: memoryKiB, timeCost: passes, parallelism: lanes };
    const concurrency = Math.max(1, Math.min(3, availableParallelism() - 1));
    this.queue = new WorkQueue(
      { concurrency, maxWaiting: 64, ...limits },
      (waitMs) => new LoginOverloaded(waitMs),
    );
  }

  async onModuleInit(): Promise<void> {
    this.nobodys = await hash(randomUUID(), this.parameters);
  }

  /** @throws {LoginOverloaded} if a password could not even wait for its turn now. */
  assertRoom(): void {
    this.queue.assertRoom();
  }

  /**
   * The hash of a password, with its parameters and a salt of its own, in PHC's notation.
   *
   * @throws {LoginOverloaded}
   */
  hash(password: string): Promise<string> {
    return this.queue.run(() => hash(password, this.parameters));
  }

  /**
   * Tells whether a hash is of this password. Without a hash it is not, after just as much work.
   *
   * @param isGone see {@link WorkQueue.run}.
   * @throws {LoginOverloaded}
   */
  async verify(hashed: string | undefined, password: string, isGone?: () => boolean): Promise<boolean> {
    const matches = await this.queue.run(() => verify(hashed ?? this.nobodys, password), isGone);
    return matches && hashed !== undefined;
  }

  /** Tells whether a hash was made with less than is asked for today. */
  isOutdated(hashed: string): boolean {
    const { memoryCost, timeCost, parallelism } = parseOptions(hashed);
    return (
      memoryCost < this.parameters.memoryCost ||
      timeCost < this.parameters.timeCost ||
      parallelism < this.parameters.parallelism
    );
  }
}
