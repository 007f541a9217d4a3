import 'reflect-metadata';
import { createApi, readConfig } from '@acci/api';
import { OperatorKeyBootstrap } from '@acci/auth';
import { announce } from './protocol.ts';

// The API as it is in production; the environment says which database and how much is logged.
const config = readConfig(process.env);
const { DATABASE_URL: app = '', DATABASE_SYSTEM_URL: system = '', DATABASE_OWNER_URL: owner = '' } = config;
const api = await createApi(config, { urls: { app, system, owner } });
await api.init();
await api.get(OperatorKeyBootstrap).run();
await api.listen(0, '127.0.0.1');
announce(Number(new URL(await api.getUrl()).port));
