# Completion of netecho for bash. Made by 'netecho completion bash'.

# Bash splits words at ':' and '=', so "tcp://lo" arrives in pieces. The words are taken from the
# line itself, and what the shell already sees as typed is cut off the candidates; COMP_WORDBREAKS
# stays as it is.
_netecho() {
  local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]} command cur prev
  local -a words candidates=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  local count=${#words[@]}
  cur=${words[count - 1]}
  prev=${words[count - 2]}
  command=${words[1]}
  COMPREPLY=()

  local typed=$cur
  if [[ $cur == --*=* ]]; then
    prev=${cur%%=*}
    cur=${cur#*=}
  fi
  local prefix=${typed%"$cur"}

  if ((count == 2)); then
    mapfile -t candidates < <(compgen -W 'serve send probe completion schema --help --version' -- "$cur")
  else
    case "$command $prev" in
      'serve -m' | 'serve --max-conns') : ;;
      'serve --max-per-source') : ;;
      'serve --max-accepts') : ;;
      'serve --idle-timeout') : ;;
      'serve --drain-timeout') : ;;
      'serve --threads') mapfile -t candidates < <(compgen -W 'N auto' -- "$cur") ;;
      'serve --allow') : ;;
      'serve --allow-uid') : ;;
      'serve --udp-max-rate') : ;;
      'serve --backlog') : ;;
      'serve --key-file') mapfile -t candidates < <(compgen -f -- "$cur") ;;
      'serve --impair') : ;;
      'serve --unix-mode') : ;;
      'serve --ready-fd') : ;;
      'serve --port-file') mapfile -t candidates < <(compgen -f -- "$cur") ;;
      'serve --user') : ;;
      'serve --sandbox') mapfile -t candidates < <(compgen -W 'auto require off' -- "$cur") ;;
      'serve --stats-interval') : ;;
      'serve --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'serve --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'serve --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'serve --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'serve -I' | 'serve --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'serve -Q' | 'serve --tos') : ;;
      'serve --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'serve --ttl') : ;;
      'serve --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'serve --rcvbuf') : ;;
      'serve --sndbuf') : ;;
      'serve --busy-poll') : ;;
      'serve --mss') : ;;
      'send -f' | 'send --file') mapfile -t candidates < <(compgen -f -- "$cur") ;;
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
      'send --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'send --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'send -B' | 'send --bind') : ;;
      'send -I' | 'send --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'send -Q' | 'send --tos') : ;;
      'send --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'send --ttl') : ;;
      'send --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
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
      'probe -w' | 'probe --deadline') : ;;
      'probe --warmup') : ;;
      'probe --parallel') : ;;
      'probe --mode') mapfile -t candidates < <(compgen -W 'echo connect' -- "$cur") ;;
      'probe --wait') mapfile -t candidates < <(compgen -W 'block spin' -- "$cur") ;;
      'probe --timestamps') mapfile -t candidates < <(compgen -W 'user kernel' -- "$cur") ;;
      'probe --key-file') mapfile -t candidates < <(compgen -f -- "$cur") ;;
      'probe --fail-if') : ;;
      'probe --hdr') mapfile -t candidates < <(compgen -f -- "$cur") ;;
      'probe --samples') mapfile -t candidates < <(compgen -f -- "$cur") ;;
      'probe --report-interval') : ;;
      'probe --format') mapfile -t candidates < <(compgen -W 'text json jsonl' -- "$cur") ;;
      'probe --color') mapfile -t candidates < <(compgen -W 'auto always never' -- "$cur") ;;
      'probe --log-level') mapfile -t candidates < <(compgen -W 'off error warn info debug' -- "$cur") ;;
      'probe --log-format') mapfile -t candidates < <(compgen -W 'text json' -- "$cur") ;;
      'probe -B' | 'probe --bind') : ;;
      'probe -I' | 'probe --interface') mapfile -t candidates < <("$program" __complete interface "$cur" 2>/dev/null) ;;
      'probe -Q' | 'probe --tos') : ;;
      'probe --dscp') mapfile -t candidates < <("$program" __complete dscp "$cur" 2>/dev/null) ;;
      'probe --ttl') : ;;
      'probe --df') mapfile -t candidates < <(compgen -W 'do dont want probe' -- "$cur") ;;
      'probe --rcvbuf') : ;;
      'probe --sndbuf') : ;;
      'probe --busy-poll') : ;;
      'probe --mss') : ;;
      *)
        case $command in
          serve)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-m --max-conns --max-per-source --once --max-accepts --idle-timeout --drain-timeout --threads --allow --allow-uid --udp-max-rate --udp-allow-any-source --backlog --reuseport --plain --key-file --require-key --impair --unix-mode --unix-replace --ready-fd --port-file --user --sandbox --trace --show-payload --stats-interval -4 -6 -n --format --json --color -q --quiet -v --verbose --log-level --log-format -h --help -I --interface -Q --tos --dscp --ttl --df --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete serve "$cur" 2>/dev/null)
            fi
            ;;
          send)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-f --file -x --hex --base64 --lines -c --count -i --interval -W --timeout --connect-timeout -w --deadline --retry --expect -N --half-close --raw -4 -6 -n --format --json --color -q --quiet -v --verbose --log-level --log-format -h --help -B --bind -I --interface -Q --tos --dscp --ttl --df --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          probe)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-c --count -i --interval --rate --duration --schedule --flood --window -s --size --sweep -W --timeout -w --deadline --warmup --parallel --mode --wait --timestamps --retry --clocks-synchronized --key-file --self --fail-if --histogram --hdr --samples --report-interval --show-payload -4 -6 -n --format --json --color -q --quiet -v --verbose --log-level --log-format -h --help -B --bind -I --interface -Q --tos --dscp --ttl --df --rcvbuf --sndbuf --busy-poll --mss --keepalive --nagle' -- "$cur")
            else
              mapfile -t candidates < <("$program" __complete client "$cur" 2>/dev/null)
            fi
            ;;
          completion)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-h --help' -- "$cur")
            else
              mapfile -t candidates < <(compgen -W 'bash zsh fish' -- "$cur")
            fi
            ;;
          schema)
            if [[ $cur == -* ]]; then
              mapfile -t candidates < <(compgen -W '-h --help' -- "$cur")
            else
              :
            fi
            ;;
        esac
        ;;
    esac
  fi

  ((${#candidates[@]})) || return 0
  candidates=("${candidates[@]/#/$prefix}")
  # Readline replaces only what follows the last break, so that is all it may be given.
  local breaks=${COMP_WORDBREAKS//[^:=]/} cut=''
  if [[ -n $breaks && $typed == *[$breaks]* ]]; then
    cut=${typed%"${typed##*[$breaks]}"}
  fi
  COMPREPLY=("${candidates[@]#"$cut"}")
  case ${COMPREPLY[0]} in
    *[:/=]) compopt -o nospace 2>/dev/null ;;
  esac
  return 0
}

complete -F _netecho netecho
