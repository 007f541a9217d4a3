/** The words that can stand behind `acci`. They are told without loading what they do. */
export const words = {
  doctor: { name: 'doctor', description: 'Check the database, and print each verdict; it changes nothing.' },
  events: {
    name: 'events',
    description: 'Look at the event log, hand events out again, move a tenant’s events.',
  },
  keys: { name: 'keys', description: 'Rotate the keys that personal data is under.' },
  migrate: {
    name: 'migrate',
    description: 'Bring the database up to date; safe to repeat, and while servers start.',
  },
  projections: { name: 'projections', description: 'See how far projections are, rebuild and repair them.' },
  reactions: {
    name: 'reactions',
    description: 'See what subscriptions and process managers have to do, and deliver events again.',
  },
  'dead-letters': {
    name: 'dead-letters',
    description: 'See what could not be delivered, and decide about it.',
  },
  subjects: { name: 'subjects', description: 'Forget persons, and prove it.' },
  tenants: { name: 'tenants', description: 'List, make, suspend and import tenants.' },
} as const;
export type Word = keyof typeof words;
