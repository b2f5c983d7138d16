import { useEffect, useRef } from "preact/hooks";

/** Lines of text that grow at the end; it stays at the end as long as one looks there. */
export function Lines({ label, lines }: { label: string; lines: readonly string[] }) {
  const place = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const element = place.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const element = place.current;
    if (element !== null)
      isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 30;
  };
  return (
    <pre class="lines" tabindex={0} role="log" aria-label={label} ref={place} onScroll={onScroll}>
      {lines.join("\n")}
    </pre>
  );
}
