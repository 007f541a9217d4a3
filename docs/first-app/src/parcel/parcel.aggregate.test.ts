import { test } from 'node:test';
import { given } from '@acci/event-store/testing';
import { Parcel } from './parcel.aggregate.js';
import { ParcelAlreadyDelivered } from './parcel.errors.js';
import { ParcelDelivered, ParcelRegistered } from './parcel.events.js';

const registered = ParcelRegistered.of({ trackingNumber: 'JD-1', recipient: 'Ada' });
const delivered = ParcelDelivered.of({ signedBy: 'Ada' });

test('a registered parcel is delivered', () => {
  given(Parcel, 'parcel-1', [registered])
    .when((parcel) => parcel.deliver('Ada'))
    .then([delivered]);
});

test('a parcel is delivered once', () => {
  given(Parcel, 'parcel-1', [registered, delivered])
    .when((parcel) => parcel.deliver('Grace'))
    .thenThrows(ParcelAlreadyDelivered);
});
