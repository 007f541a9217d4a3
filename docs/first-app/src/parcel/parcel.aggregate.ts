import { Aggregate, unhandledEvent } from '@acci/event-store';
import { ParcelAlreadyDelivered } from './parcel.errors.js';
import { ParcelDelivered, parcelEvents, ParcelRegistered, type ParcelEvent } from './parcel.events.js';

/** Decides, and remembers by its events alone. */
export class Parcel extends Aggregate<ParcelEvent> {
  static readonly streamType = 'shipping.parcel';
  static readonly events = parcelEvents;
  private delivered = false;

  static register(id: string, trackingNumber: string, recipient: string): Parcel {
    const parcel = new Parcel(id);
    parcel.record(ParcelRegistered.of({ trackingNumber, recipient }));
    return parcel;
  }

  deliver(signedBy: string): void {
    if (this.delivered) throw new ParcelAlreadyDelivered();
    this.record(ParcelDelivered.of({ signedBy }));
  }

  protected apply(event: ParcelEvent): void {
    switch (event.type) {
      case 'shipping.parcel.registered':
        return;
      case 'shipping.parcel.delivered':
        this.delivered = true;
        return;
      default:
        unhandledEvent(event);
    }
  }
}
