/**
 * Draws many points into the pixels of a picture, without help of a graphics card: a hundred thousand take some
 * milliseconds, on every machine alike, and no library.
 */
import { side, type View, type World } from './types';

/** Radius in pixels at a zoom: larger where there are few. */
const radiusAt = (zoom: number, count: number) => Math.max(1, Math.min(10, (count > 20_000 ? 1.4 : count > 1000 ? 2.5 : 5) + 0.9 * Math.log2(Math.max(1, zoom))));

/** What colours tell. */
export type ColouredBy = 'island' | 'task';

export class Painter {
  private readonly x: Float32Array;
  private readonly y: Float32Array;
  private readonly colour: Uint8Array;
  private image: ImageData | null = null;
  private pixels = new Uint32Array();

  constructor(private readonly canvas: HTMLCanvasElement, world: World, by: ColouredBy) {
    const { x, y, islands, tasks } = world.learnwares;
    this.x = Float32Array.from(x);
    this.y = Float32Array.from(y);
    this.colour = Uint8Array.from(by === 'task' ? tasks : islands, (place) => place % 10);
  }

  /** `ratio` is how many pixels of the canvas are one of the page; colours are `#rrggbb`. */
  draw(view: View, width: number, height: number, ratio: number, colours: string[]): void {
    const context = this.canvas.getContext('2d');
    if (!context || this.canvas.width === 0 || this.canvas.height === 0) return;
    if (!this.image || this.image.width !== this.canvas.width || this.image.height !== this.canvas.height) {
      this.image = context.createImageData(this.canvas.width, this.canvas.height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    this.pixels.fill(0);
    this.fill(view, side(width, height) * view.zoom * ratio, ratio, colours.map(pixel));
    context.putImageData(this.image, 0, 0);
  }

  private fill(view: View, scale: number, ratio: number, colours: number[]): void {
    const { pixels } = this;
    const [wide, high] = [this.canvas.width, this.canvas.height];
    const spans = disc(Math.round(radiusAt(view.zoom, this.x.length) * ratio));
    const reach = (spans.length - 1) / 2;
    const [left, top] = [wide / 2 - view.x * scale, high / 2 - view.y * scale];
    for (let place = 0; place < this.x.length; place += 1) {
      const px = Math.round(left + this.x[place]! * scale);
      const py = Math.round(top + this.y[place]! * scale);
      if (px < -reach || py < -reach || px >= wide + reach || py >= high + reach) continue;
      const colour = colours[this.colour[place]!]!;
      for (let row = 0; row < spans.length; row += 1) {
        const line = py + row - reach;
        if (line < 0 || line >= high) continue;
        const from = Math.max(0, px - spans[row]!);
        const to = Math.min(wide - 1, px + spans[row]!);
        for (let at = line * wide + from; at <= line * wide + to; at += 1) pixels[at] = colour;
      }
    }
  }
}

/** Half the width of each row of a disc. */
function disc(radius: number): number[] {
  return Array.from({ length: 2 * radius + 1 }, (_, row) => Math.floor(Math.sqrt((radius + 0.4) ** 2 - (row - radius) ** 2)));
}

/** A colour as it lies in memory, a little transparent. */
function pixel(colour: string): number {
  const value = Number.parseInt(colour.replace('#', ''), 16) || 0x888888;
  const [red, green, blue] = [(value >> 16) & 255, (value >> 8) & 255, value & 255];
  return ((225 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Finds points near a place, by a grid of cells. */
export class Nearby {
  private readonly cells = new Map<number, number[]>();
  private static readonly SIDE = 256;

  constructor(private readonly world: World) {
    world.learnwares.x.forEach((x, place) => {
      const cell = this.cell(x, world.learnwares.y[place]!);
      const all = this.cells.get(cell);
      if (all) all.push(place);
      else this.cells.set(cell, [place]);
    });
  }

  private cell(x: number, y: number): number {
    const at = (value: number) => Math.max(0, Math.min(Nearby.SIDE - 1, Math.floor(value * Nearby.SIDE)));
    return at(y) * Nearby.SIDE + at(x);
  }

  /** The nearest point within `reach`; -1 where there is none. */
  find(x: number, y: number, reach: number): number {
    const points = this.world.learnwares;
    const step = 1 / Nearby.SIDE;
    let best = -1;
    let least = reach * reach;
    for (let cy = y - reach; cy <= y + reach + step; cy += step) {
      for (let cx = x - reach; cx <= x + reach + step; cx += step) {
        for (const place of this.cells.get(this.cell(cx, cy)) ?? []) {
          const distance = (points.x[place]! - x) ** 2 + (points.y[place]! - y) ** 2;
          if (distance < least) [best, least] = [place, distance];
        }
      }
    }
    return best;
  }
}
