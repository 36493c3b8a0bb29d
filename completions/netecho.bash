# Completion of netecho for bash. Made by 'netecho completion bash'.

# Bash splits words at ':' and '=', so "tcp://lo" arrives in pieces, quoted as they were typed. The
# words are taken from the line itself, and what the shell already sees as typed is cut off the
# candidates; COMP_WORDBREAKS stays as it is.

# Takes $1 apart as the shell will: into `words`, and the `quote` that is still open at its end.
# Fails if a word isn't known before the line is run: `$name` and the like.
_netecho_split() {
  local text=$1 word='' inside='' c i
  words=() quote=''
  for ((i = 0; i < ${#text}; ++i)); do
    c=${text:i:1}
    if [[ $quote == "'" ]]; then
      if [[ $c == "'" ]]; then quote=''; else word+=$c; fi
    elif [[ $c == \\ ]]; then
      ((++i))
      c=${text:i:1}
      [[ $quote && $c != [\"\$\`\\] ]] && word+=\\
      word+=$c inside=1
    elif [[ $c == [\$\`] ]]; then
      return 1
    elif [[ $quote && $c == \" ]]; then
      quote=''
    elif [[ $quote ]]; then
      word+=$c
    elif [[ $c == [\'\"] ]]; then
      quote=$c inside=1
    elif [[ $c == [[:space:]] ]]; then
      [[ $inside ]] && words+=("$word")
      word='' inside=''
    else
      word+=$c inside=1
    fi
  done
  words+=("$word")
}

# $1 as it must be typed where the quote $2, or none, is open; fails where that can't be done.
_netecho_quote() {
  local c i
  quoted=''
  if [[ $2 == "'" ]]; then
    quoted=$1
    [[ $1 != *\'* ]]
    return
  fi
  # An exclamation mark would be looked for in the history, even behind a backslash.
  [[ $2 && $1 == *!* ]] && return 1
  for ((i = 0; i < ${#1}; ++i)); do
    c=${1:i:1}
    if [[ $2 ]]; then
      [[ $c == [\"\$\`\\] ]] && quoted+=\\
    elif [[ $c != [[:alnum:]_./:,+%@=-] ]]; then
      quoted+=\\
    fi
    quoted+=$c
  done
  # Readline takes a quote at the end for the one that closes.
  [[ $2 && $1 == *\" ]] && quoted+=\"
  return 0
}

_netecho() {
  local line=${COMP_LINE:0:COMP_POINT} words quote program=${COMP_WORDS[0]} command cur prev
  local -a candidates=()
  local IFS=$' \t\n'
  COMPREPLY=()
  # Readline replaces $2 only, what follows the last break: what is before it stays as it is.
  [[ $line == *"$2" ]] || return 0
  _netecho_split "${line:0:${#line}-${#2}}" || return 0
  local kept=${words[${#words[@]} - 1]} open=$quote
  _netecho_split "$line" || return 0
  local count=${#words[@]}
  ((count > 1)) || return 0
  cur=${words[count - 1]}
  prev=${words[count - 2]}
  command=${words[1]}

  local typed=$cur
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*}
    cur=${cur#*=}
  fi
  local prefix=${typed%"$cur"} home=''

  if ((count == 2)); then
    mapfile -t candidates < <(compgen -W 'serve send probe wait watch report families completion schema help --help --version' -- "$cur")
  else
    case "$command $prev" in
      'serve -m' | 'serve --max-conns') : ;;
      'serve --max-per-source') : ;;
      'serve --max-accepts') : ;;
      'serve --idle-timeout') : ;;
      'serve --max-buffered') : ;;
      'serve --drain-timeout') : ;;
      'serve --threads') mapfile -t candidates < <(compgen -W 'auto' -- "$cur") ;;
      'serve --allow') : ;;
      'serve --allow-uid') : ;;
      'serve --udp-max-rate') : ;;
      'serve --ctp-hops') : ;;
      'serve --backlog') : ;;
      'serve --key-file') _netecho_files ;;
      'serve --impair') : ;;
      'serve --unix-mode') : ;;
      'serve --ready-fd') : ;;
      'serve --port-file') _netecho_files ;;
      'serve --metrics') : ;;
      'serve --user') : ;;
      'serve --sandbox') mapfile -t candidates < <(compgen -W 'auto require off' -- "$cur") ;;
      'serve --stats-interval') : ;;
      'serve --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'serve --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'serve --time') mapfile -t candidates < <(compgen -W 'local utc epoch none' -- "$cur") ;;
      'serve --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'serve --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'serve -I' | 'serve --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'serve -Q' | 'serve --tos') : ;;
      'serve --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'serve --ttl') : ;;
      'serve --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'serve --fwmark') : ;;
      'serve --rcvbuf') : ;;
      'serve --sndbuf') : ;;
      'serve --busy-poll') : ;;
      'serve --mss') : ;;
      'send -f' | 'send --file') _netecho_files ;;
      'send -x' | 'send --hex') : ;;
      'send --base64') : ;;
      'send -c' | 'send --count') : ;;
      'send -i' | 'send --interval') : ;;
      'send -W' | 'send --timeout') : ;;
      'send --connect-timeout') : ;;
      'send -w' | 'send --deadline') : ;;
      'send --retry') : ;;
      'send --expect') mapfile -t candidates < <(compgen -W 'echo any none' -- "$cur") ;;
      'send --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'send --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'send --time') mapfile -t candidates < <(compgen -W 'local utc epoch none' -- "$cur") ;;
      'send --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'send --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'send -B' | 'send --bind') : ;;
      'send --framing') mapfile -t candidates < <(compgen -W 'ethernet2 802.3 802.2 snap' -- "$cur") ;;
      'send -I' | 'send --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'send -Q' | 'send --tos') : ;;
      'send --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'send --ttl') : ;;
      'send --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'send --fwmark') : ;;
      'send --rcvbuf') : ;;
      'send --sndbuf') : ;;
      'send --busy-poll') : ;;
      'send --mss') : ;;
      'probe -c' | 'probe --count') : ;;
      'probe -i' | 'probe --interval') : ;;
      'probe --rate') : ;;
      'probe --duration') : ;;
      'probe --schedule') mapfile -t candidates < <(compgen -W 'periodic poisson' -- "$cur") ;;
      'probe --window') : ;;
      'probe -s' | 'probe --size') : ;;
      'probe --sweep') : ;;
      'probe -W' | 'probe --timeout') : ;;
      'probe --connect-timeout') : ;;
      'probe -w' | 'probe --deadline') : ;;
      'probe --warmup') : ;;
      'probe --parallel') : ;;
      'probe --mode') mapfile -t candidates < <(compgen -W 'echo connect' -- "$cur") ;;
      'probe --close') mapfile -t candidates < <(compgen -W 'fin reset' -- "$cur") ;;
      'probe --wait') mapfile -t candidates < <(compgen -W 'block spin' -- "$cur") ;;
      'probe --timestamps') mapfile -t candidates < <(compgen -W 'user kernel' -- "$cur") ;;
      'probe --key-file') _netecho_files ;;
      'probe --fail-if') : ;;
      'probe --html') _netecho_files ;;
      'probe --hdr') _netecho_files ;;
      'probe --hdr-tag') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'probe --samples') _netecho_files ;;
      'probe --output') _netecho_files ;;
      'probe --report-interval') : ;;
      'probe --format') mapfile -t candidates < <(compgen -W 'text json jsonl prometheus' -- "$cur") ;;
      'probe --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'probe --time') mapfile -t candidates < <(compgen -W 'local utc epoch none' -- "$cur") ;;
      'probe --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'probe --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'probe -B' | 'probe --bind') : ;;
      'probe --framing') mapfile -t candidates < <(compgen -W 'ethernet2 802.3 802.2 snap' -- "$cur") ;;
      'probe -I' | 'probe --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'probe -Q' | 'probe --tos') : ;;
      'probe --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'probe --ttl') : ;;
      'probe --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'probe --fwmark') : ;;
      'probe --rcvbuf') : ;;
      'probe --sndbuf') : ;;
      'probe --busy-poll') : ;;
      'probe --mss') : ;;
      'wait -w' | 'wait --deadline') : ;;
      'wait -i' | 'wait --interval') : ;;
      'wait --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'wait --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'wait --time') mapfile -t candidates < <(compgen -W 'local utc epoch none' -- "$cur") ;;
      'wait --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'wait --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'wait -B' | 'wait --bind') : ;;
      'wait --framing') mapfile -t candidates < <(compgen -W 'ethernet2 802.3 802.2 snap' -- "$cur") ;;
      'wait -I' | 'wait --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'wait -Q' | 'wait --tos') : ;;
      'wait --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'wait --ttl') : ;;
      'wait --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'wait --fwmark') : ;;
      'wait --rcvbuf') : ;;
      'wait --sndbuf') : ;;
      'wait --busy-poll') : ;;
      'wait --mss') : ;;
      'watch --targets') _netecho_files ;;
      'watch --listen') : ;;
      'watch -i' | 'watch --interval') : ;;
      'watch -W' | 'watch --timeout') : ;;
      'watch -s' | 'watch --size') : ;;
      'watch --flows') : ;;
      'watch --connect-timeout') : ;;
      'watch --resolve') mapfile -t candidates < <(compgen -W 'one all' -- "$cur") ;;
      'watch --resolve-interval') : ;;
      'watch --key-file') _netecho_files ;;
      'watch --pick') : ;;
      'watch --min-interval') : ;;
      'watch --max-rate') : ;;
      'watch --buckets') : ;;
      'watch --allow-target') : ;;
      'watch --probe-count') : ;;
      'watch --ready-fd') : ;;
      'watch --port-file') _netecho_files ;;
      'watch --user') : ;;
      'watch --sandbox') mapfile -t candidates < <(compgen -W 'auto require off' -- "$cur") ;;
      'watch --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'watch --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'watch -B' | 'watch --bind') : ;;
      'watch --framing') mapfile -t candidates < <(compgen -W 'ethernet2 802.3 802.2 snap' -- "$cur") ;;
      'watch -I' | 'watch --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'watch -Q' | 'watch --tos') : ;;
      'watch --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'watch --ttl') : ;;
      'watch --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'watch --fwmark') : ;;
      'watch --rcvbuf') : ;;
      'watch --sndbuf') : ;;
      'watch --busy-poll') : ;;
      'watch --mss') : ;;
      'report -o' | 'report --output') _netecho_files ;;
      'report --samples') _netecho_files ;;
      'report --lang') mapfile -t candidates < <(compgen -W 'en ko' -- "$cur") ;;
      'families --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'families --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'families --time') mapfile -t candidates < <(compgen -W 'local utc epoch none' -- "$cur") ;;
      *)
        case $command in
          serve)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-m --max-conns --max-per-source --once --max-accepts --idle-timeout --max-buffered --drain-timeout --threads --allow --allow-uid --udp-max-rate --udp-allow-any-source --ctp-hops --backlog --reuseport --plain --key-file --require-key --impair --unix-mode --unix-replace --ready-fd --port-file --metrics --user --sandbox --trace --show-payload --stats-interval -4 -6 -n --format --json --color --time -D -q --quiet -v --verbose --log-level --log-format -I --interface -Q --tos --dscp --ttl --df --fwmark --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle --print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete serve "$cur" 2>/dev/null)
            fi
            ;;
          send)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-f --file -x --hex --base64 --lines -c --count -i --interval -W --timeout --connect-timeout -w --deadline --retry --expect -N --half-close --raw -4 -6 -n --format --json --color --time -D -q --quiet -v --verbose --log-level --log-format -B --bind --framing -I --interface -Q --tos --dscp --ttl --df --fwmark --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle --print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          probe)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-c --count -i --interval --rate --duration --schedule --flood --window -s --size --sweep -W --timeout --connect-timeout -w --deadline --warmup --parallel --mode --close --wait --timestamps --retry --clocks-synchronized --key-file --self --fail-if --histogram --plot --html --hdr --hdr-tag --samples --output --report-interval --show-payload -4 -6 -n --format --json --color --time -D -q --quiet -v --verbose --log-level --log-format -B --bind --framing -I --interface -Q --tos --dscp --ttl --df --fwmark --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle --print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          wait)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--any -w --deadline --echo -i --interval -4 -6 -n --format --json --color --time -D -q --quiet -v --verbose --log-level --log-format -B --bind --framing -I --interface -Q --tos --dscp --ttl --df --fwmark --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle --print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          watch)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--targets --listen -i --interval -W --timeout -s --size --flows --connect-timeout --resolve --resolve-interval --key-file --pick --min-interval --max-rate --buckets --allow-target --probe-count --ready-fd --port-file --user --sandbox -4 -6 -n -q --quiet -v --verbose --log-level --log-format -B --bind --framing -I --interface -Q --tos --dscp --ttl --df --fwmark --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle --print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          report)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-o --output --samples --lang --print-config -h --help' -- "$cur")
            else
              _netecho_files
            fi
            ;;
          families)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--all --format --json --color --time -D --print-config -h --help' -- "$cur")
            else
              :
            fi
            ;;
          completion)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--print-config -h --help' -- "$cur")
            else
              mapfile -t candidates < <(compgen -W 'bash zsh fish' -- "$cur")
            fi
            ;;
          schema)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--print-config -h --help' -- "$cur")
            else
              :
            fi
            ;;
          help)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '--print-config -h --help' -- "$cur")
            else
              :
            fi
            ;;
        esac
        ;;
    esac
  fi

  local candidate quoted
  for candidate in "${candidates[@]}"; do
    candidate=$prefix$candidate
    [[ $candidate == "$kept"* ]] || continue
    candidate=${candidate#"$kept"}
    if [[ $home && $candidate == '~'* ]]; then
      _netecho_quote "${candidate#\~}" "$open" && COMPREPLY+=("~$quoted")
    else
      _netecho_quote "$candidate" "$open" && COMPREPLY+=("$quoted")
    fi
  done
  case ${COMPREPLY[0]-} in
    *[:/=]) compopt -o nospace 2>/dev/null ;;
  esac
  return 0
}

# A home folder that was typed as ~ stays so.
_netecho_files() {
  local name=$cur
  if [[ $typed == '~/'* && $line == *[[:space:]]'~/'* ]]; then
    home=$HOME
    name=$home${cur#\~}
  fi
  mapfile -t candidates < <("$program" __complete file "$name" 2>/dev/null)
  [[ ! $home ]] || candidates=("${candidates[@]/#"$home"/\~}")
}

complete -F _netecho netecho
