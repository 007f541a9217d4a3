import { CreateTenant, CreateTenantRequest } from '@acci/tenancy';
import { CommandBus } from '@nestjs/cqrs';
import { SubCommand } from 'nest-commander';
import { z } from 'zod';
import { ActCommand, type ActOptions } from '../acci-command.js';
import { UsageError } from '../exit-codes.js';
import { Takes } from '../options.js';

interface CreateOptions extends ActOptions {
  readonly name: string;
  readonly plan?: string;
  readonly region?: string;
  readonly parent?: string;
  readonly setting?: Readonly<Record<string, unknown>>;
}

@SubCommand({
  name: 'create',
  arguments: '<slug>',
  argsDescription: { slug: 'its unique name: a DNS label, never changed' },
  description: 'Make a tenant, and print its id.',
})
@Takes(
  { flags: '--name <name>', description: 'what people call it', required: true },
  { flags: '--plan <plan>', description: 'one of the plans on offer' },
  { flags: '--region <region>', description: 'where its data is at home' },
  { flags: '--parent <tenant>', description: 'the tenant above it: id or slug' },
  {
    flags: '--setting <name=value>',
    description: 'a setting; can be given several times',
    parse: settingsOf,
  },
)
export class CreateTenantCommand extends ActCommand<CreateOptions> {
  protected readonly examples = [
    `acci tenants create acme --name 'Acme Ltd'`,
    `acci tenants create acme-labs --name 'Acme Labs' --parent acme --plan standard --setting locale=de-CH`,
  ];

  protected async execute([slug]: readonly string[], options: CreateOptions): Promise<void> {
    const { name, plan, region: homeRegion, setting: settings, json } = options;
    const parentId = options.parent === undefined ? undefined : await this.tenants.idOf(options.parent);
    const request = CreateTenantRequest.safeParse({ slug, name, plan, homeRegion, settings, parentId });
    if (!request.success) throw new UsageError(z.prettifyError(request.error));
    const commands = await this.platform.get(CommandBus);
    const { streamId: id, version } = await commands.execute(
      new CreateTenant(this.platform.context(options), request.data),
    );
    await (json ? this.terminal.printJson({ id, version }) : this.terminal.print(id));
  }
}

function settingsOf(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--setting takes name=value, not ${text}`);
  return { ...before, [name]: jsonOrText(value ?? '') };
}

/** `true`, `7` and `["a"]` are JSON; `de-CH` is text. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
