/** Draws many points: by WebGL where the machine has it, else on a plain canvas. */
import { side, toScreen, type View, type World } from './types';

export interface Painter {
  draw: (view: View, width: number, height: number, ratio: number, colours: string[]) => void;
  kind: 'webgl' | 'canvas';
}

/** Radius in pixels at zoom 1, and how it grows. */
export const radiusAt = (zoom: number, size: number) => Math.min(14, (1.6 + 0.9 * Math.log2(zoom)) * (0.8 + 0.5 * Math.sqrt(size)));

const VERTEX = `
attribute vec2 place; attribute float size; attribute float colour;
uniform vec2 middle; uniform vec2 scale; uniform float zoom; uniform float ratio;
varying float tint;
void main() {
  gl_Position = vec4((place - middle) * scale, 0.0, 1.0);
  gl_PointSize = ratio * 2.0 * min(14.0, (1.6 + 0.9 * log2(zoom)) * (0.8 + 0.5 * sqrt(size)));
  tint = colour;
}`;
const FRAGMENT = `
precision mediump float;
varying float tint; uniform vec3 colours[10];
void main() {
  vec2 from = gl_PointCoord - 0.5;
  if (dot(from, from) > 0.25) discard;
  vec3 mixed = colours[0];
  for (int at = 1; at < 10; at++) if (abs(tint - float(at)) < 0.5) mixed = colours[at];
  gl_FragColor = vec4(mixed * 0.85, 0.85);
}`;

export function painter(canvas: HTMLCanvasElement, world: World): Painter {
  return byWebgl(canvas, world) ?? byCanvas(canvas, world);
}

const sizeOf = (world: World, place: number) => world.points.size?.[place] ?? 1;

function byWebgl(canvas: HTMLCanvasElement, world: World): Painter | null {
  const gl = canvas.getContext('webgl', { antialias: false, premultipliedAlpha: true });
  const program = gl?.createProgram();
  if (!gl || !program) return null;
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) return null;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  gl.useProgram(program);
  const { x, y, island } = world.points;
  const numbers = new Float32Array(x.length * 4);
  for (let place = 0; place < x.length; place += 1) numbers.set([x[place]!, y[place]!, sizeOf(world, place), island[place]! % 10], place * 4);
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
  const attribute = (name: string, count: number, offset: number) => {
    const at = gl.getAttribLocation(program, name);
    if (at < 0) return;
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, count, gl.FLOAT, false, 16, offset);
  };
  attribute('place', 2, 0);
  attribute('size', 1, 8);
  attribute('colour', 1, 12);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  return {
    kind: 'webgl',
    draw: (view, width, height, ratio, colours) => {
      const scale = (2 * side(width, height) * view.zoom) / 1;
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(uniform('middle'), view.x, view.y);
      gl.uniform2f(uniform('scale'), scale / width, -scale / height);
      gl.uniform1f(uniform('zoom'), view.zoom);
      gl.uniform1f(uniform('ratio'), ratio);
      gl.uniform3fv(uniform('colours'), Float32Array.from(colours.flatMap(rgb)));
      gl.drawArrays(gl.POINTS, 0, x.length);
    },
  };
}

function rgb(colour: string): number[] {
  const value = Number.parseInt(colour.replace('#', ''), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}

function byCanvas(canvas: HTMLCanvasElement, world: World): Painter {
  const { x, y, island } = world.points;
  return {
    kind: 'canvas',
    draw: (view, width, height, ratio, colours) => {
      const context = canvas.getContext('2d');
      if (!context) return;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      context.globalAlpha = 0.8;
      // By colour, so that the context changes its style ten times and not a hundred thousand times.
      for (let colour = 0; colour < 10; colour += 1) {
        context.fillStyle = colours[colour] ?? '#888888';
        for (let place = 0; place < x.length; place += 1) {
          if (island[place]! % 10 !== colour) continue;
          const [px, py] = toScreen(view, width, height, x[place]!, y[place]!);
          if (px < -9 || py < -9 || px > width + 9 || py > height + 9) continue;
          const radius = radiusAt(view.zoom, sizeOf(world, place));
          context.fillRect(px - radius, py - radius, radius * 2, radius * 2);
        }
      }
    },
  };
}

/** Finds points near a place, by a grid of cells. */
export class Nearby {
  private readonly cells = new Map<number, number[]>();
  private static readonly SIDE = 256;

  constructor(private readonly world: World) {
    world.points.x.forEach((x, place) => {
      const cell = this.cell(x, world.points.y[place]!);
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
    const { points } = this.world;
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
