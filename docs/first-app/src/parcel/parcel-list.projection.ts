import { prepared, type Transaction } from '@acci/database';
import { Projection, type ProjectedEvent, type ProjectionHandler } from '@acci/projections';
import { parcelEvents, type ParcelEvent } from './parcel.events.js';

const insertParcel = prepared(
  'insert into shipping.parcel_list (tenant_id, parcel_id, tracking_number, recipient) values ($1, $2, $3, $4)',
);
const markDelivered = prepared(
  'update shipping.parcel_list set delivered = true where tenant_id = $1 and parcel_id = $2',
);

/** Fills the table that the list is read from; each event exactly once, also after a crash. */
@Projection({
  name: 'shipping.parcel-list',
  version: 1,
  lifecycle: 'async',
  events: parcelEvents,
  tables: ['shipping.parcel_list'],
})
export class ParcelListProjection implements ProjectionHandler<ParcelEvent> {
  handle(event: ProjectedEvent<ParcelEvent>, tx: Transaction): void {
    const { tenantId, streamId } = event;
    switch (event.type) {
      case 'shipping.parcel.registered':
        tx.execute(insertParcel, [tenantId, streamId, event.data.trackingNumber, event.data.recipient]);
        return;
      case 'shipping.parcel.delivered':
        tx.execute(markDelivered, [tenantId, streamId]);
    }
  }
}
