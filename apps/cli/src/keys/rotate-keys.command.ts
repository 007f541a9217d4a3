import { join } from 'node:path';
import { DomainError, LocalKeyFile, PersonalData } from '@acci/event-store';
import { SubCommand } from 'nest-commander';
import { AcciCommand, type CommonOptions } from '../acci-command.js';
import { UsageError } from '../exit-codes.js';
import { flag, Takes, tenantOption } from '../options.js';

/** Another process may use the master key file, and would not know the new key. */
export class MasterKeyInUse extends DomainError {
  readonly code = 'cli.master_key.in_use';
  readonly kind = 'conflict';

  constructor() {
    super(
      'A server may run that would not know a new master key: stop it first, or see docs/personal-data.md',
    );
  }
}

interface RotateOptions extends CommonOptions {
  readonly tenant?: string;
  readonly allTenants?: boolean;
  readonly newMasterKey?: boolean;
}

@SubCommand({
  name: 'rotate',
  description:
    'Wrap the keys of tenants by the current master key; before that, if asked, the keys of subjects by a new key of their tenant. No event is written anew; it can be run again after whatever interrupted it.',
})
@Takes(
  tenantOption('give this tenant a new key'),
  flag('--all-tenants', 'give every tenant a new key'),
  flag('--new-master-key', 'first put a new key into the master key file'),
)
export class RotateKeysCommand extends AcciCommand<RotateOptions> {
  protected readonly examples = [
    'acci keys rotate                    # after the master key was changed everywhere',
    'acci keys rotate --tenant acme',
    'acci keys rotate --all-tenants --new-master-key   # the server is stopped',
  ];

  protected async execute(_params: readonly string[], options: RotateOptions): Promise<void> {
    if (options.tenant !== undefined && options.allTenants) throw new UsageError('--tenant or --all-tenants');
    if (options.newMasterKey) await this.addMasterKey();
    const personalData = await this.platform.get(PersonalData);
    const tenantIds = await this.tenants.named(options);
    let subjects = 0;
    await this.terminal.progress(
      { title: 'Rotating', unit: 'tenants', total: tenantIds.length },
      async (progress) => {
        for (const [index, tenantId] of tenantIds.entries()) {
          subjects += await personalData.rotateTenantKey(tenantId);
          progress.update(index + 1);
        }
      },
    );
    const tenants = await personalData.rotateMasterKey();
    if (options.json) return this.terminal.printJson({ subjects, tenants });
    this.terminal.say(`Wrapped anew: ${subjects} keys of subjects, ${tenants} keys of tenants.`);
  }

  /** Before the platform is opened: it reads the keys once. */
  private async addMasterKey(): Promise<void> {
    const { ACCI_MASTER_KEY, ACCI_DATA_DIR } = this.platform.config;
    if (ACCI_MASTER_KEY !== undefined)
      throw new UsageError('ACCI_MASTER_KEY is set: put the new key there, before the others');
    const { embedded } = await this.platform.database();
    if (!embedded) throw new MasterKeyInUse();
    await LocalKeyFile.addKey(join(ACCI_DATA_DIR, 'master-key'));
  }
}
