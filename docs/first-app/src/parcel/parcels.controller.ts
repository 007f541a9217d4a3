import { Database, prepared, uuidv7 } from '@acci/database';
import { EventStore } from '@acci/event-store';
import { Ctx, RequirePermission, Returns, type RequestContext } from '@acci/rest';
import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Parcel } from './parcel.aggregate.js';
import { ParcelNotFound } from './parcel.errors.js';

const RegisterParcelRequest = z.object({
  trackingNumber: z.string().min(1).max(50),
  recipient: z.string().min(1).max(200),
});
const DeliverParcelRequest = z.object({ signedBy: z.string().min(1).max(200) });
const ParcelId = z.object({ id: z.uuid() });
const ParcelList = z.object({
  items: z.array(
    z.object({ id: z.uuid(), trackingNumber: z.string(), recipient: z.string(), delivered: z.boolean() }),
  ),
});

const listParcels = prepared(`
  select parcel_id as id, tracking_number as "trackingNumber", recipient, delivered
    from shipping.parcel_list where tenant_id = $1 order by parcel_id`);

@Controller({ path: 'parcels', version: '1' })
export class ParcelsController {
  constructor(
    private readonly store: EventStore,
    private readonly database: Database,
  ) {}

  @Returns(ParcelId, { status: 201, description: 'The id of the new parcel.' })
  @RequirePermission('shipping.parcels.register')
  @Post()
  async register(
    @Ctx() ctx: RequestContext,
    @Body({ schema: RegisterParcelRequest }) body: z.infer<typeof RegisterParcelRequest>,
  ): Promise<z.infer<typeof ParcelId>> {
    const parcel = Parcel.register(uuidv7(), body.trackingNumber, body.recipient);
    await this.store.save(ctx, parcel);
    return { id: parcel.id };
  }

  @Returns(ParcelId, { description: 'The parcel is delivered.' })
  @RequirePermission('shipping.parcels.deliver')
  @Post(':id/deliver')
  async deliver(
    @Ctx() ctx: RequestContext,
    @Param('id') id: string,
    @Body({ schema: DeliverParcelRequest }) body: z.infer<typeof DeliverParcelRequest>,
  ): Promise<z.infer<typeof ParcelId>> {
    // Loads, decides, saves; and does so again if somebody else was faster.
    await this.store.update(ctx, Parcel, id, (parcel) => parcel.deliver(body.signedBy), {
      notFound: () => new ParcelNotFound(),
    });
    return { id };
  }

  @Returns(ParcelList, { description: 'The parcels of the tenant, oldest first.' })
  @RequirePermission('shipping.parcels.read')
  @Get()
  async list(@Ctx() ctx: RequestContext): Promise<z.infer<typeof ParcelList>> {
    return { items: await this.database.queryInTenant(ctx.tenantId, listParcels, [ctx.tenantId]) };
  }
}
