import { DomainError } from '@acci/event-store';

export class TrackingNumberTaken extends DomainError {
  readonly code = 'shipping.parcel.tracking_number_taken';
  readonly kind = 'conflict';

  constructor(trackingNumber: string) {
    super(`There is a parcel ${trackingNumber} already.`);
  }
}

export class ParcelAlreadyDelivered extends DomainError {
  readonly code = 'shipping.parcel.already_delivered';
  readonly kind = 'conflict';

  constructor() {
    super('The parcel is delivered already.');
  }
}

export class ParcelNotFound extends DomainError {
  readonly code = 'shipping.parcel.not_found';
  readonly kind = 'not_found';

  constructor() {
    super('There is no such parcel.');
  }
}
