import { join } from 'node:path';
import { EmbeddedServer, ownerDataSource } from '@acci/database';
import { migrations, openServerDatabase, readConfig } from '@acci/api';

// What the TypeORM command line works with: the owner's login, and the migrations of every library. Without
// DATABASE_URL it is the embedded server: the one that runs, or else one that ends with this process.
const config = readConfig(process.env);
const found = config.DATABASE_URL
  ? undefined
  : await EmbeddedServer.find(join(config.ACCI_DATA_DIR, 'postgres'));
const { owner } = found ?? (await openServerDatabase(config)).urls;

export default ownerDataSource(owner, migrations);
