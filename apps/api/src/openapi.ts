import type { OpenApiOptions } from '@acci/rest';
import { version } from './version.js';

/** What the OpenAPI document says about this API as a whole. */
export function openApiOptions(publicUrl?: string): OpenApiOptions {
  return {
    title: 'ACCI',
    description: [
      'The enterprise application framework for NestJS on PostgreSQL: tenants isolated by row-level security, every',
      'change an event. **Authorize** with the operator key from the start banner, then try any operation: the',
      'examples work as they stand.',
    ].join('\n'),
    release: version,
    contact: { name: 'ACCI', url: 'https://acci.example', email: 'support@acci.example' },
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    tags: {
      Tenants: 'Tenants and their life: from creation over suspension to deletion and purge.',
      Access: 'What can be permitted.',
      Events: 'What happened in your tenant, and what can happen.',
      Projections: 'Read models and how far they are: pause, repair and rebuild them while they serve.',
      'Dead letters': 'What subscriptions and process managers could not do: try it again or give it up.',
      'API keys': 'Keys that give programs access, and what they permit.',
    },
    ...(publicUrl !== undefined && { servers: [{ url: publicUrl, description: 'This installation' }] }),
  };
}
