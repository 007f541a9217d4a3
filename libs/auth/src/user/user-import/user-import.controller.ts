import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { BodyStream, Ctx, type RequestContext, RequirePermission, Streamed } from '@acci/rest';
import { readImportLines } from '@acci/tenancy';
import { Controller, HttpCode, Post, StreamableFile } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ImportUsers } from './import-users.command.js';
import { UserImportReportLine } from './user-import.schemas.js';

// More than the report of the longest import: a client that reads nothing before it has sent all does not block us.
const reportBufferBytes = 4 * 1024 * 1024;

/** `POST /v1/users:import`. */
@ApiTags('Users')
@Controller({ version: '1' })
export class UserImportController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('auth.users.import')
  @ApiOperation({
    summary: 'Invite many users',
    description:
      'Takes CSV, with the fields as its header, or NDJSON, up to 10,000 users; the fields are those of `POST /users`. Each line is wholly done or refused, and reported in a line of its own while the import goes on; the last line counts them. To go on after a broken connection, send the same again: who is there is refused with `auth.user.email_taken`.',
    requestBody: {
      required: true,
      content: {
        'application/x-ndjson': {
          schema: { type: 'string', example: '{"email":"grace@example.com","displayName":"Grace Hopper"}\n' },
        },
        'text/csv': {
          schema: {
            type: 'string',
            example: 'email,givenName,familyName,department\nalan@example.com,Alan,Turing,Research\n',
          },
        },
      },
    },
  })
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse({
    description: 'The report: one of these in each line.',
    standardSchema: UserImportReportLine,
  })
  @Streamed('text/csv', 'application/x-ndjson')
  @HttpCode(200)
  // The backslash makes it a colon, not a parameter.
  @Post('users\\:import')
  async import(@Ctx() ctx: RequestContext, @BodyStream() body: IncomingMessage): Promise<StreamableFile> {
    const format = body.headers['content-type']?.toLowerCase().startsWith('text/csv') ? 'csv' : 'ndjson';
    const report = await this.commandBus.execute(new ImportUsers(ctx, readImportLines(body, format)));
    const stream = Readable.from(toNdjson(report), { objectMode: false, highWaterMark: reportBufferBytes });
    return new StreamableFile(stream, { type: 'application/x-ndjson' });
  }
}

async function* toNdjson(report: AsyncIterable<UserImportReportLine>): AsyncGenerator<string> {
  for await (const line of report) yield `${JSON.stringify(line)}\n`;
}
