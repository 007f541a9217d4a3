import 'reflect-metadata';
import type { ModuleMetadata } from '@nestjs/common';
import { EventRegistry } from '../event/event-registry.js';
import type { EventStoreFeature } from '../event-store.module.js';

type Imported = NonNullable<ModuleMetadata['imports']>[number];

/**
 * A registry of all aggregates that a module, or what it imports, gives to `EventStoreModule.forFeature`: what the
 * app would know at run time, without starting it.
 *
 * @throws {RegistrationError} as the start of the app would.
 * @example
 * const types = (await registryOf(AppModule)).describe();
 */
export async function registryOf(module: Imported): Promise<EventRegistry> {
  const registry = new EventRegistry();
  const seen = new Set<Imported>();
  const visit = async (promised: Imported): Promise<void> => {
    const imported = await promised;
    if (seen.has(imported)) return;
    seen.add(imported);
    if ('forwardRef' in imported) return visit(imported.forwardRef() as Imported);
    if ('module' in imported) {
      const { aggregates = [] } = imported as Partial<EventStoreFeature>;
      for (const aggregate of aggregates) registry.register(aggregate);
      return visitAll([imported.module, ...(imported.imports ?? [])]);
    }
    return visitAll((Reflect.getMetadata('imports', imported) ?? []) as Imported[]);
  };
  const visitAll = async (imports: readonly Imported[]): Promise<void> => {
    for (const imported of imports) await visit(imported);
  };
  await visit(module);
  return registry;
}
