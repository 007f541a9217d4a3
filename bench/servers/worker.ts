import 'reflect-metadata';
import { program } from '../cases/projections.ts';
import { Rebuilt } from '../cases/rebuilt.ts';
import { announce } from './protocol.ts';

// A process that does nothing but run the projection that is rebuilt.
const urls = JSON.parse(process.env['BENCH_URLS'] ?? '{}');
await program({ urls }, [Rebuilt], { runner: true });
announce(0);
