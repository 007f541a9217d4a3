import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { formatPosition, type Context } from '@acci/event-store';
import {
  ApiProblems,
  BodyStream,
  Ctx,
  RequirePermission,
  Returns,
  setEventPosition,
  Streamed,
  type AnyResponse,
} from '@acci/rest';
import { Controller, Get, Param, Post, Query, Res, StreamableFile, UseGuards } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { PlatformTenantGuard } from '../../platform-tenant.guard.js';
import { TenantId } from '../tenant.schemas.js';
import { ExportTenant } from './export-tenant.query.js';
import { ImportTenantEvents } from './import-tenant-events.command.js';
import { ExportTenantQuery, TenantExportLine, TenantImportReceipt } from './tenant-transfer.schemas.js';

// A whole export: one of a tenant without events.
const exampleExport = [
  '{"kind":"header","format":"acci.tenant-export/1","tenantId":"019a8f3e-7c2b-7d4e-9f10-3b5a6c7d8e9f","exportedAt":"2026-01-31T09:30:00.000Z","personalData":"replaced"}',
  '{"kind":"manifest","events":0,"streams":0,"types":{},"sha256":"ce61e315e5cdc89f223164a72264631d8d676d6a5e598db71bffb2fda0bfd503"}',
  '',
].join('\n');

/** A tenant's events, out and in: `GET /v1/tenants/{id}/export` and `POST /v1/tenants/{id}/import`. */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ path: 'tenants/:id', version: '1' })
export class TenantTransferController {
  constructor(
    private readonly commandBus: CommandBus,
    private readonly queryBus: QueryBus,
  ) {}

  @RequirePermission('tenancy.tenants.export')
  @ApiOperation({
    operationId: 'tenantExport',
    summary: 'Export a tenant’s events',
    description:
      'All that had happened in the tenant when the request came, as NDJSON: a header, the events as they are stored, a hash after every thousand of them, and a manifest of counts and hashes. What does not end with a manifest was cut off.',
  })
  @ApiProblems({ 404: ['tenancy.tenant.not_found'] })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({ description: 'The export: one of these in each line.', standardSchema: TenantExportLine })
  @Get('export')
  async export(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @Query({ schema: ExportTenantQuery }) query: ExportTenantQuery,
  ): Promise<StreamableFile> {
    const lines = await this.queryBus.execute(new ExportTenant(ctx, id, query));
    return new StreamableFile(Readable.from(lines, { objectMode: false }), {
      type: 'application/x-ndjson',
      disposition: `attachment; filename="${id}.ndjson"`,
    });
  }

  @RequirePermission('tenancy.tenants.import_events')
  @ApiOperation({
    operationId: 'tenantImportEvents',
    summary: 'Import a tenant’s events',
    description:
      'Takes an export, of any size, into a tenant that has no events yet; its id may be another one. The whole is verified before anything is done, and then all of it is done, or nothing. After a failure send it again.',
    requestBody: {
      required: true,
      content: { 'application/x-ndjson': { schema: { type: 'string', example: exampleExport } } },
    },
  })
  @ApiProblems({
    404: ['tenancy.tenant.not_found'],
    409: ['event_store.transfer.tenant_not_empty'],
    422: [
      'event_store.transfer.unreadable',
      'event_store.transfer.truncated',
      'event_store.transfer.damaged',
      'event_store.transfer.event_refused',
      'event_store.transfer.inconsistent',
    ],
  })
  @Returns(TenantImportReceipt, { description: 'Everything is there.' })
  @Streamed('application/x-ndjson')
  @Post('import')
  async import(
    @Ctx() ctx: Context,
    @Param('id', { schema: TenantId }) id: string,
    @BodyStream() body: IncomingMessage,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<TenantImportReceipt> {
    const { position, ...receipt } = await this.commandBus.execute(new ImportTenantEvents(ctx, id, body));
    const place = position && formatPosition(position);
    setEventPosition(response, place);
    return { ...receipt, position: place ?? null };
  }
}
