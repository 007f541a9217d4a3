import { ownerDataSource } from '@acci/database';
import { migrations, openServerDatabase, readConfig } from '@acci/api';

// What the TypeORM command line works with: the owner's login, and the migrations of every library. Without
// DATABASE_URL it starts the embedded server, which ends with this process.
const { urls } = await openServerDatabase(readConfig(process.env));

export default ownerDataSource(urls.owner, migrations);
