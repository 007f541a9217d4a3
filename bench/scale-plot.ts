/** How fast appends and loads are in a log of a size, as shares of their speed in the smallest one. */
export interface ScalePoint {
  readonly events: number;
  readonly tenants: number;
  readonly append: number;
  readonly load: number;
}

const width = 640;
const height = 360;
const margin = { left: 60, right: 20, top: 50, bottom: 60 };
const colours = { append: '#1f77b4', load: '#d95f02' };
const top = 1.4;

/** The points as a picture: the share over the number of events, with the line that must not be crossed. */
export function scalePlot(points: readonly ScalePoint[], machine: string): string {
  const first = Math.log10(points[0]?.events ?? 1);
  const last = Math.log10(points.at(-1)?.events ?? 10);
  const x = ({ events }: ScalePoint) =>
    margin.left + ((Math.log10(events) - first) / (last - first)) * (width - margin.left - margin.right);
  const y = (share: number) => height - margin.bottom - (share / top) * (height - margin.top - margin.bottom);
  const line = (which: 'append' | 'load') =>
    `<polyline fill="none" stroke="${colours[which]}" stroke-width="2" points="${points
      .map((point) => `${x(point).toFixed(1)},${y(point[which]).toFixed(1)}`)
      .join(' ')}"/>`;
  const dots = (which: 'append' | 'load') =>
    points
      .map(
        (point) =>
          `<circle cx="${x(point).toFixed(1)}" cy="${y(point[which]).toFixed(1)}" r="4" fill="${colours[which]}"><title>${point[which]}</title></circle>`,
      )
      .join('');
  const level = (share: number, text: string, dash = '') =>
    `<line x1="${margin.left}" x2="${width - margin.right}" y1="${y(share)}" y2="${y(share)}" stroke="#999" ${dash}/>` +
    `<text x="${margin.left - 8}" y="${y(share) + 4}" text-anchor="end">${text}</text>`;
  const labels = points.map(
    (point) =>
      `<text x="${x(point)}" y="${height - 36}" text-anchor="middle">${point.events.toLocaleString('en-US')}</text>` +
      `<text x="${x(point)}" y="${height - 20}" text-anchor="middle" fill="#666">${point.tenants.toLocaleString('en-US')} tenants</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${margin.left}" y="20" font-size="14">Speed by the size of the log, as a share of that in the smallest</text>
<text x="${margin.left}" y="38" fill="#666">${machine}</text>
${level(0, '0')}${level(1, '1')}${level(1 / 1.2, '1 / 1.2', 'stroke-dasharray="4"')}
${line('append')}${dots('append')}${line('load')}${dots('load')}
<text x="${width - 120}" y="${margin.top + 12}" fill="${colours.append}">append</text>
<text x="${width - 60}" y="${margin.top + 12}" fill="${colours.load}">load</text>
${labels.join('\n')}
</svg>
`;
}
