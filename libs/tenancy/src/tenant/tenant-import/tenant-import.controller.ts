import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { Context } from '@acci/event-store';
import { BodyStream, Ctx, RequirePermission, Streamed } from '@acci/rest';
import { Controller, HttpCode, Post, StreamableFile, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { PlatformTenantGuard } from '../../platform-tenant.guard.js';
import { ImportReportLine } from './tenant-import.schemas.js';
import { readImportLines } from './import-lines.js';
import { ImportTenants } from './import-tenants.command.js';

// More than the report of the longest import: a client that reads nothing before it has sent all does not block us.
const reportBufferBytes = 4 * 1024 * 1024;

/** `POST /v1/tenants:import`. */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ version: '1' })
export class TenantImportController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('tenancy.tenants.import')
  @ApiOperation({
    summary: 'Make many tenants',
    description:
      'Takes CSV, with the fields as its header and settings as columns such as `settings.locale`, or NDJSON, up to 10,000 tenants; the fields are those of `POST /tenants`, and `parentSlug`, which may be the slug of an earlier line. Each line is wholly done or refused, and reported in a line of its own while the import goes on; the last line counts them. To go on after a broken connection, send the same again: what is there is refused with `tenancy.slug.taken`.',
    requestBody: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', example: '{"slug":"acme-1","name":"Acme One","plan":"standard"}\n' },
        },
        'text/csv': {
          schema: { type: 'string', example: 'slug,name,settings.locale\nacme-2,Acme Two,de-CH\n' },
        },
      },
    },
  })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({
    description: 'The report: one of these in each line.',
    standardSchema: ImportReportLine,
  })
  @Streamed('text/csv', 'application/x-ndjson')
  @HttpCode(200)
  // The backslash makes it a colon, not a parameter.
  @Post('tenants\\:import')
  async import(@Ctx() ctx: Context, @BodyStream() body: IncomingMessage): Promise<StreamableFile> {
    const format = body.headers['content-type']?.toLowerCase().startsWith('text/csv') ? 'csv' : 'ndjson';
    const report = await this.commandBus.execute(new ImportTenants(ctx, readImportLines(body, format)));
    const stream = Readable.from(toNdjson(report), { objectMode: false, highWaterMark: reportBufferBytes });
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}

async function* toNdjson(report: AsyncIterable<ImportReportLine>): AsyncGenerator<string> {
  for await (const line of report) yield `${JSON.stringify(line)}\n`;
}
