import { Ctx, RequirePermission, Returns } from '@acci/rest';
import { Body, Controller, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Account } from '../fixtures/account.js';
import { EventStore, type Context } from '../index.js';

const Deposited = z.object({ version: z.int() });
// As loose as a schema can be: what cannot be stored must be refused by the store.
const Deposit = z.object({ amount: z.number(), note: z.unknown().optional() });

/** A write of an application: one event in one stream, without unique values. */
@Controller({ path: 'accounts', version: '1' })
export class DepositsController {
  constructor(@Inject(EventStore) private readonly store: EventStore) {}

  @RequirePermission('bank.accounts.deposit')
  @Returns(Deposited, { status: 201, description: 'The money is there.' })
  @Post(':id/deposits')
  deposit(
    @Ctx() ctx: Context,
    @Param('id') id: string,
    @Body({ schema: Deposit }) { amount, note }: z.output<typeof Deposit>,
  ): Promise<z.output<typeof Deposited>> {
    return this.store.update(ctx, Account, id, (account) => account.deposit(amount, note));
  }
}
