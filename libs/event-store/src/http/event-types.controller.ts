import { RequirePermission, Returns } from '@acci/rest';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EventTypeDescription } from '../event/describe-events.js';
import { EventRegistry } from '../event/event-registry.js';
import { EventTypesResponse } from './events.schemas.js';
import { knownEvents } from './known-events.js';

/** What can happen: `GET /v1/event-types`. */
@ApiTags('Events')
@Controller({ path: 'event-types', version: '1' })
export class EventTypesController {
  constructor(private readonly registry: EventRegistry) {}

  @RequirePermission('events.types.read')
  @ApiOperation({
    summary: 'List event types',
    description:
      'Every type of event in all its versions: the JSON Schema of its data, which fields are personal, who may produce it, and what an outdated version is read as. The same as AsyncAPI: `/asyncapi.json`.',
  })
  @Returns(EventTypesResponse, { description: 'The types, by name.' })
  @Get()
  list(): EventTypesResponse {
    const byType = Map.groupBy(
      knownEvents(this.registry).map(({ description }) => description),
      ({ type }) => type,
    );
    return {
      items: [...byType]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([type, versions]) => describe(type, versions)),
    };
  }
}

function describe(
  type: string,
  descriptions: readonly EventTypeDescription[],
): EventTypesResponse['items'][number] {
  const producedBy = descriptions.flatMap((description) => description.producedBy);
  return {
    type,
    streamType: descriptions[0]?.streamType ?? '',
    producedBy: [...new Set(producedBy)],
    versions: descriptions
      .toSorted((a, b) => a.version - b.version)
      .map(({ version, current, schema, personal, upcastsTo }) => ({
        version,
        current,
        schema: { ...schema },
        personal: [...personal],
        upcastsTo: [...upcastsTo],
      })),
  };
}
