import { forwardRef, Module } from '@nestjs/common';
import { Account } from '../fixtures/account.js';
import { Invoice } from '../fixtures/examples/invoice.js';
import { Order } from '../fixtures/examples/order.js';
import { ShopModule } from '../fixtures/examples/shop.js';
import { EventStoreModule } from '../index.js';
import { registryOf } from './registry-of.js';

@Module({ imports: [EventStoreModule.forFeature([Account]), forwardRef(() => CircularModule)] })
class BankModule {}

@Module({ imports: [forwardRef(() => BankModule)] })
class CircularModule {}

@Module({ imports: [EventStoreModule.forRoot(), BankModule, ShopModule] })
class AppModule {}

describe('registryOf', () => {
  it('finds the aggregates of a module and of whatever it imports', async () => {
    const registry = await registryOf(AppModule);
    // `forRoot` brings the framework's own aggregates along.
    const own = registry.definitions().filter(({ type }) => !type.startsWith('acci.'));
    expect(own).toEqual([...Account.events, ...Order.events]);
    expect(registry.definitions().length).toBeGreaterThan(own.length);
  });

  it('finds them in modules that are made when they are asked for', async () => {
    const lazy = Promise.resolve({ module: BankModule, imports: [EventStoreModule.forFeature([Invoice])] });
    const registry = await registryOf(lazy);
    expect(registry.definitions()).toEqual([...Account.events, ...Invoice.events]);
  });
});
