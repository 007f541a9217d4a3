import { claim, defineEvent, type EventOf } from '@acci/event-store';
import { z } from 'zod';
import { TrackingNumberTaken } from './parcel.errors.js';

export const ParcelRegistered = defineEvent({
  type: 'shipping.parcel.registered',
  version: 1,
  schema: z.object({ trackingNumber: z.string(), recipient: z.string() }),
  // Unique in the tenant, held in the very transaction that appends the event.
  claims: ({ trackingNumber }) => [
    claim('shipping.parcel.tracking_number', trackingNumber, () => new TrackingNumberTaken(trackingNumber)),
  ],
});

export const ParcelDelivered = defineEvent({
  type: 'shipping.parcel.delivered',
  version: 1,
  schema: z.object({ signedBy: z.string() }),
});

export const parcelEvents = [ParcelRegistered, ParcelDelivered];
export type ParcelEvent = EventOf<(typeof parcelEvents)[number]>;
