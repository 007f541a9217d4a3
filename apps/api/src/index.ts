export { readConfig, InvalidConfiguration, type Config } from './config.js';
export { createApi } from './create-api.js';
export { afterMigrate, migrations } from './migrations.js';
export { openApiOptions } from './openapi.js';
export { PlatformModule } from './platform.module.js';
export { failStart, runProcess, type RunningApp } from './run-process.js';
export { openServerDatabase, type ServerDatabase } from './server-database.js';
export { version } from './version.js';
