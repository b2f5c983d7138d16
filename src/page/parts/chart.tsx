import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import { Empty } from "./common.tsx";

export interface ChartProps {
  /** What it shows, for those who don't see it. */
  readonly label: string;
  readonly data: uPlot.AlignedData;
  readonly series: readonly { readonly label: string; readonly color: number; readonly isBar?: boolean }[];
  /** Texts of the values on the axis from below. */
  readonly value: (value: number) => string;
  /** The axis below counts in seconds since the epoch. */
  readonly isTime?: boolean;
  readonly x?: (value: number) => string;
}

const HEIGHT = 160;

/** A chart of lines or bars; what draws it is loaded when the first one is shown. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    let isOver = false;
    const observer = new ResizeObserver(() => {
      const width = place.current?.clientWidth ?? 0;
      if (width > 0) plot.current?.setSize({ width, height: HEIGHT });
    });
    const draw = async () => {
      const { default: UPlot } = await import("uplot");
      const element = place.current;
      if (isOver || element === null) return;
      plot.current = new UPlot(optionsFor(props, UPlot, element), props.data, element);
      observer.observe(element);
    };
    draw().catch(() => setFailed(true));
    return () => {
      isOver = true;
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    plot.current?.setData(props.data);
  }, [props.data]);
  // It asks the browser how numbers are written in its language, and some say none.
  if (hasFailed) return <Empty>This browser can't draw the chart.</Empty>;
  return <div class="chart" role="img" aria-label={props.label} ref={place} />;
}

function optionsFor(props: ChartProps, UPlot: typeof uPlot, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const color = colorsOf(element);
  const axis = {
    stroke: color("--quiet"),
    grid: { stroke: color("--line"), width: 1 },
    ticks: { show: false },
    font: `11px ${style.fontFamily}`,
  };
  return {
    width: element.clientWidth || 400,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false } },
    legend: { live: true },
    scales: {
      x: { time: props.isTime === true },
      y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1e-9)] },
    },
    axes: [
      {
        ...axis,
        ...(props.x === undefined
          ? {}
          : { values: (_, values) => values.map((value) => props.x?.(value) ?? "") }),
      },
      { ...axis, size: 60, values: (_, values) => values.map(props.value) },
    ],
    series: [
      {},
      ...props.series.map(({ color: index, isBar, label }) => ({
        label,
        stroke: color(`--series-${index}`),
        width: 1.5,
        points: { show: false },
        value: (_: uPlot, value: number | null) => (value === null ? "–" : props.value(value)),
        ...(isBar
          ? { fill: color(`--series-${index}`), paths: UPlot.paths.bars?.({ size: [0.8, 20] }) }
          : {}),
      })),
    ],
  } as uPlot.Options;
}

/** The colours of the style as they are now, light or dark: a canvas takes no variables. */
function colorsOf(element: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = element.appendChild(document.createElement("i"));
    probe.style.color = `var(${name})`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
