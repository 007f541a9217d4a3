import { DomainError } from '@acci/event-store';

/** There is no such group in the tenant. A group of another tenant is answered the same. */
export class GroupNotFound extends DomainError {
  readonly code = 'auth.group.not_found';
  readonly kind = 'not_found';

  constructor(id: string) {
    super(`There is no group ${id}`);
  }
}

/** Another group of the tenant has this name, in whatever case. */
export class GroupNameTaken extends DomainError {
  readonly code = 'auth.group.name_taken';
  readonly kind = 'conflict';

  constructor() {
    super('Another group has this name');
  }
}
