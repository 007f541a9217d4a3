// Asks this container's own process whether it can serve. The exit code is the answer.
// An empty variable counts as absent, as it does for the app.
const port = process.env.ACCI_MANAGEMENT_PORT || process.env.PORT || 3000;

try {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, {
    signal: AbortSignal.timeout(4_000),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
}
