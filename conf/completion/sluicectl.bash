# Completion of sluicectl(1) for bash: to be sourced, or put where bash-completion looks for it, as
# /usr/share/bash-completion/completions/sluicectl.

_sluicectl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local words=() word i choices=
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      --socket | --window | --count | --interval | --pcap) ((++i)) ;;  # and its value
      -*) ;;
      *) words+=("$word") ;;
    esac
  done
  COMPREPLY=()

  case $prev in
    --socket | --pcap)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    --window) choices="minute hour" ;;
    --count | --interval) return ;;
    *)
      if [[ $cur == -* ]]; then
        choices="--socket --json --help"
        case ${words[0]-} in
          "") choices+=" --version" ;;
          top) choices+=" --window --count" ;;
          watch) choices+=" --interval" ;;
          recorder) choices+=" --pcap" ;;
        esac
      else
        case ${#words[@]}:${words[0]-} in
          0:) choices="status watch zones upstreams budget requests stats diagnose top explain
                       recorder cache log-level reload version" ;;
          1:cache) choices="show dump flush flush-tree flush-all" ;;
          1:log-level) choices="debug info warn error" ;;
          2:explain) choices="A AAAA CAA CNAME DNSKEY DS HTTPS MX NAPTR NS PTR SOA SRV SVCB TXT" ;;
        esac
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -F _sluicectl sluicectl
