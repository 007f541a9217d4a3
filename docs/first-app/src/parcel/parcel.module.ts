import { EventStoreModule } from '@acci/event-store';
import { ProjectionsModule } from '@acci/projections';
import { Module } from '@nestjs/common';
import { Parcel } from './parcel.aggregate.js';
import { ParcelListProjection } from './parcel-list.projection.js';
import { ParcelsController } from './parcels.controller.js';

@Module({
  imports: [EventStoreModule.forFeature([Parcel]), ProjectionsModule.forFeature([ParcelListProjection])],
  controllers: [ParcelsController],
})
export class ParcelModule {}
