//! The text of a module: its directives, its kernels, and what each kernel declares.

use std::collections::HashMap;

use super::code::{Instruction, Kernel, Line, Op, Shared};
use super::decode::{Decoder, Operand, Statement};
use super::token::{Piece, Token, tokens};
use super::{Error, Kind, Parameter, layout};

/// Between two arrays in shared memory. A multiple of 128 bytes, so that every number
/// keeps its bank.
const GAP: u32 = 1024;

/// Kernels by name, in the order of the text.
pub(super) fn module(text: &str) -> Result<Vec<Kernel>, Error> {
    let tokens = tokens(text)?;
    let mut parser =
        Parser { tokens: &tokens, at: 0, shared: HashMap::new(), files: Vec::new() };
    let mut kernels = Vec::new();
    while let Some(token) = parser.next() {
        match token.piece {
            Piece::Word(".version" | ".target") => parser.skip_line(token.line),
            Piece::Word(".address_size") => {
                if parser.word()? != "64" {
                    return Err(parser.error("only .address_size 64 is known"));
                }
            }
            Piece::Word(".file") => parser.file(token.line)?,
            Piece::Word(".section") => parser.skip_braces()?,
            Piece::Word(".visible" | ".weak" | ".extern") => {}
            Piece::Word(".shared") => {
                let (name, array) = parser.array()?;
                parser.shared.insert(name, array);
            }
            Piece::Word(".pragma" | ".global" | ".const") => parser.skip_statement()?,
            Piece::Word(".entry") => {
                let kernel = parser.entry()?;
                if kernels.iter().any(|other: &Kernel| other.name == kernel.name) {
                    let twice = format!("a second kernel `{}`", kernel.name);
                    return Err(parser.error(twice));
                }
                kernels.push(kernel);
            }
            Piece::Word(".func") => {
                return Err(parser.error(
                    "functions are not known, only kernels; compile with optimization",
                ));
            }
            piece => {
                let message = format!("{} is not known here", show(piece));
                return Err(parser.error(message));
            }
        }
    }
    for kernel in &mut kernels {
        kernel.files.clone_from(&parser.files);
    }
    Ok(kernels)
}

/// An array of bytes in shared or local memory.
#[derive(Clone, Copy)]
struct Array {
    align: u32,
    /// None where the launch decides.
    bytes: Option<u32>,
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    /// Shared arrays outside of kernels.
    shared: HashMap<&'a str, Array>,
    /// File names by their number, where `.file` gave them.
    files: Vec<String>,
}

fn show(piece: Piece) -> String {
    match piece {
        Piece::Word(word) => format!("`{word}`"),
        Piece::Text(text) => format!("\"{text}\""),
        Piece::Sign(sign) => format!("`{}`", sign.escape_default()),
    }
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn peek(&self) -> Option<Piece<'a>> {
        self.tokens.get(self.at).map(|token| token.piece)
    }

    /// An error on the line of the last piece taken.
    fn error(&self, message: impl Into<String>) -> Error {
        let last = self.tokens.len().min(self.at).wrapping_sub(1);
        Error {
            line: self.tokens.get(last).map_or(1, |token| token.line),
            message: message.into(),
        }
    }

    fn take(&mut self) -> Result<Piece<'a>, Error> {
        let token = self.next().map(|token| token.piece);
        token.ok_or_else(|| self.error("the text ends too early"))
    }

    fn word(&mut self) -> Result<&'a str, Error> {
        match self.take()? {
            Piece::Word(word) => Ok(word),
            piece => {
                let message = format!("a word was expected, not {}", show(piece));
                Err(self.error(message))
            }
        }
    }

    fn number(&mut self) -> Result<u32, Error> {
        let word = self.word()?;
        let message =
            || self.error(format!("a whole number was expected, not `{word}`"));
        word.parse().map_err(|_| message())
    }

    fn sign(&mut self, sign: char) -> Result<(), Error> {
        let piece = self.take()?;
        if piece == Piece::Sign(sign) {
            return Ok(());
        }
        let message = format!("`{sign}` was expected, not {}", show(piece));
        Err(self.error(message))
    }

    /// Takes the sign if it comes next.
    fn skip(&mut self, sign: char) -> bool {
        let comes = self.peek() == Some(Piece::Sign(sign));
        self.at += usize::from(comes);
        comes
    }

    fn skip_line(&mut self, line: u32) {
        let here = |token: &Token| token.line == line;
        while self.tokens.get(self.at).is_some_and(here) {
            self.at += 1;
        }
    }

    fn skip_statement(&mut self) -> Result<(), Error> {
        while self.take()? != Piece::Sign(';') {}
        Ok(())
    }

    fn skip_braces(&mut self) -> Result<(), Error> {
        while self.take()? != Piece::Sign('{') {}
        let mut depth = 1;
        while depth > 0 {
            match self.take()? {
                Piece::Sign('{') => depth += 1,
                Piece::Sign('}') => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }

    /// `.file 1 "kernels.cu"`, or with a folder before the name.
    fn file(&mut self, line: u32) -> Result<(), Error> {
        let index = self.number()? as usize;
        let mut name = None;
        while let Some(Piece::Text(text)) = self.peek() {
            self.at += 1;
            name = text.rsplit(['/', '\\']).next();
        }
        self.skip_line(line);
        if index > 1000 {
            return Err(self.error("more than a thousand files"));
        }
        if self.files.len() <= index {
            self.files.resize(index + 1, String::new());
        }
        self.files[index] = name.unwrap_or_default().to_string();
        Ok(())
    }

    /// `.align 4 .b8 name[1024];` after its `.shared` or `.local`.
    fn array(&mut self) -> Result<(&'a str, Array), Error> {
        let (mut align, mut size) = (1, 1);
        let name = loop {
            match self.word()? {
                ".align" => align = self.number()?,
                word if word.starts_with('.') => {
                    size = type_bytes(word).ok_or_else(|| {
                        self.error(format!("the type `{word}` is not known here"))
                    })?;
                }
                name => break name,
            }
        };
        let align = align.max(size);
        if !align.is_power_of_two() || align > 1024 {
            return Err(self.error(format!("{align} is no alignment")));
        }
        let mut bytes = Some(size);
        while self.skip('[') {
            if self.skip(']') {
                bytes = None;
                continue;
            }
            let count = self.number()?;
            bytes = bytes.and_then(|bytes| bytes.checked_mul(count));
            if bytes.is_none_or(|bytes| bytes > 1 << 24) {
                return Err(self.error(format!("the array `{name}` is too large")));
            }
            self.sign(']')?;
        }
        self.sign(';')?;
        Ok((name, Array { align, bytes }))
    }

    fn entry(&mut self) -> Result<Kernel, Error> {
        let name = self.word()?.to_string();
        let parameters = self.parameters()?;
        let mut max_threads = None;
        while !self.skip('{') {
            match self.word()? {
                ".maxntid" | ".reqntid" => {
                    let mut threads = u64::from(self.number()?);
                    while self.skip(',') {
                        threads = threads.saturating_mul(u64::from(self.number()?));
                    }
                    max_threads = Some(threads);
                }
                ".minnctapersm" | ".maxnctapersm" | ".maxnreg" => {
                    self.number()?;
                }
                word => {
                    let message = format!("the directive `{word}` is not known here");
                    return Err(self.error(message));
                }
            }
        }
        let mut body = Body::new(&parameters);
        self.body(&mut body)?;
        body.finish(name, parameters.clone(), max_threads)
    }

    fn parameters(&mut self) -> Result<Vec<Parameter>, Error> {
        let (mut parameters, mut offset) = (Vec::new(), 0_u32);
        if !self.skip('(') || self.skip(')') {
            return Ok(parameters);
        }
        loop {
            let parameter = self.parameter(offset)?;
            offset = parameter.offset + parameter.bytes;
            parameters.push(parameter);
            if offset > 4096 {
                return Err(self.error("more than 4096 bytes of arguments"));
            }
            if self.skip(')') {
                return Ok(parameters);
            }
            self.sign(',')?;
        }
    }

    /// `.param .u64 name`, `.param .align 8 .b8 name[16]`.
    fn parameter(&mut self, offset: u32) -> Result<Parameter, Error> {
        let (mut align, mut pointee, mut typed) = (1, false, None);
        let name = loop {
            match self.word()? {
                ".param" | ".global" | ".shared" | ".local" | ".const" => {}
                ".ptr" => pointee = true,
                // the alignment of what a pointer points at is not that of the pointer
                ".align" if pointee => {
                    self.number()?;
                }
                ".align" => align = self.number()?,
                word if word.starts_with('.') => typed = Some(word),
                name => break name.to_string(),
            }
        };
        let known = typed.and_then(|word| Some((type_bytes(word)?, kind_of(word)?)));
        let Some((size, mut kind)) = known else {
            let message = format!("the type of parameter `{name}` is not known");
            return Err(self.error(message));
        };
        let (mut bytes, align) = (size, align.max(size));
        if self.skip('[') {
            (bytes, kind) = (self.number()?, Kind::Bytes);
            self.sign(']')?;
        }
        if !align.is_power_of_two() || align > 1024 || bytes > 4096 {
            return Err(self.error(format!("parameter `{name}` is too large")));
        }
        Ok(Parameter { name, kind, bytes, offset: offset.next_multiple_of(align) })
    }

    /// Everything between the braces of a kernel.
    fn body(&mut self, body: &mut Body<'a>) -> Result<(), Error> {
        while let Some(token) = self.next() {
            match token.piece {
                Piece::Sign('}') => return Ok(()),
                Piece::Word(".loc") => {
                    let (file, line) = (self.number()?, self.number()?);
                    self.skip_line(token.line);
                    let file = u16::try_from(file).ok();
                    body.source = file.zip((line > 0).then_some(line));
                }
                Piece::Word(".reg") => self.registers(body)?,
                Piece::Word(".shared") => {
                    let (name, array) = self.array()?;
                    body.place_shared(name, array, token.line)?;
                }
                Piece::Word(".local") => {
                    let (name, array) = self.array()?;
                    body.place_local(name, array, token.line)?;
                }
                Piece::Word(".pragma") => self.skip_statement()?,
                Piece::Word(".file") => self.file(token.line)?,
                Piece::Word(label) if self.skip(':') => {
                    let index = body.code.len();
                    if body.labels.insert(label, index).is_some() {
                        let twice = format!("the label `{label}` stands here again");
                        return Err(self.error(twice));
                    }
                }
                Piece::Sign('@') => {
                    let holds = !self.skip('!');
                    let guard = Some((self.word()?, holds));
                    let opcode = self.word()?;
                    self.instruction(opcode, guard, token.line, body)?;
                }
                Piece::Word(opcode) => {
                    self.instruction(opcode, None, token.line, body)?;
                }
                piece => {
                    let message = format!("{} is not known here", show(piece));
                    return Err(self.error(message));
                }
            }
        }
        Err(self.error("the kernel has no end"))
    }

    /// `.reg .b32 %r<27>;` or `.reg .b64 %SP, %SPL;`.
    fn registers(&mut self, body: &mut Body<'a>) -> Result<(), Error> {
        let kind = self.word()?;
        loop {
            let name = self.word()?;
            let mut many = None;
            if self.skip('<') {
                many = Some(self.number()?);
                self.sign('>')?;
            }
            if !body.decoder.declare(name, many, kind) {
                return Err(self.error(format!("the type `{kind}` is not known here")));
            }
            if self.skip(';') {
                return Ok(());
            }
            self.sign(',')?;
        }
    }

    fn instruction(
        &mut self,
        opcode: &'a str,
        guard: Option<(&'a str, bool)>,
        line: u32,
        body: &mut Body<'a>,
    ) -> Result<(), Error> {
        let mut operands = Vec::new();
        if !self.skip(';') {
            loop {
                operands.push(self.operand()?);
                if self.skip(';') {
                    break;
                }
                self.sign(',')?;
            }
        }
        for name in operands.iter().filter_map(Operand::name) {
            if let Some(array) = self.shared.get(name)
                && !body.decoder.is_known(name)
            {
                body.place_shared(name, *array, line)?;
            }
        }
        let statement = Statement { opcode, guard, operands: &operands };
        let op = body.decoder.decode(&statement);
        let op = op.map_err(|message| Error { line, message })?;
        body.code.push(op);
        body.lines.push((line, body.source));
        Ok(())
    }

    /// A register, a number, an address in brackets, several in braces.
    fn operand(&mut self) -> Result<Operand<'a>, Error> {
        if self.skip('[') {
            let base = self.word()?;
            let mut offset = 0_i64;
            while !self.skip(']') {
                let plus = self.skip('+');
                let minus = self.skip('-');
                if !plus && !minus {
                    return Err(self.error("`]` was expected"));
                }
                let number = super::decode::integer(self.word()?);
                let number = number.ok_or_else(|| self.error("this is no number"))?;
                let number = number as i64;
                offset = if minus {
                    offset.wrapping_sub(number)
                } else {
                    offset.wrapping_add(number)
                };
            }
            return Ok(Operand::Address(base, offset));
        }
        if self.skip('{') {
            let mut parts = vec![self.word()?];
            while !self.skip('}') {
                self.sign(',')?;
                parts.push(self.word()?);
            }
            return Ok(Operand::Several(parts));
        }
        if self.skip('!') {
            return Ok(Operand::Opposite(self.word()?));
        }
        if self.skip('-') {
            return Ok(Operand::Minus(self.word()?));
        }
        let Some(Piece::Word(word)) = self.peek() else {
            self.at += 1;
            return Err(self.error("an operand or `;` was expected"));
        };
        self.at += 1;
        if self.skip('+') {
            let number = super::decode::integer(self.word()?);
            let number = number.ok_or_else(|| self.error("this is no number"))?;
            return Ok(Operand::Sum(word, number));
        }
        Ok(Operand::Plain(word))
    }
}

/// Bytes of a type, as `.f32` says it.
pub(super) fn type_bytes(word: &str) -> Option<u32> {
    Some(match word {
        ".b8" | ".u8" | ".s8" => 1,
        ".b16" | ".u16" | ".s16" | ".f16" => 2,
        ".b32" | ".u32" | ".s32" | ".f32" => 4,
        ".b64" | ".u64" | ".s64" | ".f64" => 8,
        _ => return None,
    })
}

fn kind_of(word: &str) -> Option<Kind> {
    Some(match word {
        ".f32" => Kind::Float,
        ".b32" | ".u32" | ".s32" => Kind::Word,
        ".b64" | ".u64" | ".s64" => Kind::Long,
        ".b8" => Kind::Bytes,
        _ => return None,
    })
}

/// A kernel that is being read.
struct Body<'a> {
    decoder: Decoder<'a>,
    code: Vec<Instruction>,
    lines: Vec<Line>,
    source: Option<(u16, u32)>,
    /// For each label the instruction that follows it.
    labels: HashMap<&'a str, usize>,
    shared: Shared,
    /// End of the shared arrays, without gaps.
    end: u32,
    local: u32,
    /// Alignment of the array whose size the launch decides, and its names.
    dynamic: (u32, Vec<&'a str>),
}

impl<'a> Body<'a> {
    fn new(parameters: &[Parameter]) -> Self {
        Self {
            decoder: Decoder::new(parameters),
            code: Vec::new(),
            lines: Vec::new(),
            source: None,
            labels: HashMap::new(),
            shared: Shared::default(),
            end: 0,
            local: 0,
            dynamic: (1, Vec::new()),
        }
    }

    /// The array whose size the launch decides comes last, so its place is not known
    /// yet; there is one such place for all of these names.
    fn place_shared(
        &mut self,
        name: &'a str,
        array: Array,
        line: u32,
    ) -> Result<(), Error> {
        let Some(bytes) = array.bytes else {
            self.dynamic.0 = self.dynamic.0.max(array.align);
            self.dynamic.1.push(name);
            self.decoder.add_dynamic(name);
            return Ok(());
        };
        let start = self.end.next_multiple_of(array.align);
        self.end = start + bytes;
        let gaps = GAP * self.shared.arrays.len() as u32;
        if self.end > 1 << 24 || gaps > 1 << 24 {
            let message = "more shared memory than any block has".into();
            return Err(Error { line, message });
        }
        self.shared.arrays.push((start + gaps, bytes));
        self.decoder.add_symbol(name, u64::from(start + gaps));
        Ok(())
    }

    fn place_local(
        &mut self,
        name: &'a str,
        array: Array,
        line: u32,
    ) -> Result<(), Error> {
        let start = self.local.next_multiple_of(array.align);
        self.local = start + array.bytes.unwrap_or(0);
        if self.local > 1 << 16 {
            let message = "more than 65536 bytes of local memory".into();
            return Err(Error { line, message });
        }
        self.decoder.add_symbol(name, u64::from(start));
        Ok(())
    }

    fn finish(
        mut self,
        name: String,
        parameters: Vec<Parameter>,
        max_threads: Option<u64>,
    ) -> Result<Kernel, Error> {
        self.shared.bytes = u64::from(self.end);
        if !self.dynamic.1.is_empty() {
            let start = self.end.next_multiple_of(self.dynamic.0);
            let gaps = GAP * self.shared.arrays.len() as u32;
            self.shared.bytes = u64::from(start);
            self.shared.dynamic = Some(start + gaps);
        }
        // a kernel may end without saying so
        let last = self.lines.last().copied().unwrap_or_default();
        self.code.push(Instruction { op: Op::Exit, guard: None });
        self.lines.push(last);
        let targets = self.targets()?;
        let (code, lines) = layout::arrange(&self.code, &self.lines, &targets);
        Ok(Kernel {
            name,
            parameters,
            max_threads,
            local: self.local,
            code,
            lines,
            files: Vec::new(),
            registers: self.decoder.finish(self.shared.dynamic.unwrap_or(0)),
            shared: self.shared,
        })
    }

    /// The instruction behind each label that the code jumps to.
    fn targets(&self) -> Result<Vec<usize>, Error> {
        let is_jump = |(i, _): &(&Instruction, _)| matches!(i.op, Op::Branch(..));
        let jumps = self.code.iter().zip(&self.lines).filter(is_jump);
        jumps
            .zip(&self.decoder.jumps)
            .map(|((_, (line, _)), label)| {
                self.labels.get(label).copied().ok_or_else(|| Error {
                    line: *line,
                    message: format!("there is no label `{label}`"),
                })
            })
            .collect()
    }
}
