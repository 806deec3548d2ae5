//! DescribeLoa: a one-page PDF that says what a real LOA-CFA says.

use super::connections::{not_found, own};
use super::input::{read, refused};
use crate::context::Ctx;
use crate::error::AwsError;
use crate::world::Connection;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::Write;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    connection_id: String,
    provider_name: Option<String>,
    loa_content_type: Option<String>,
}

/// DescribeLoa. Each call sets `loaIssueTime`.
pub fn describe(ctx: &mut Ctx<'_>, input: &Value) -> Result<Value, AwsError> {
    let input: Describe = read(input)?;
    let id = input.connection_id;
    if let Some(kind) = input
        .loa_content_type
        .filter(|kind| kind != "application/pdf")
    {
        return Err(refused(format!("LOA content type {kind} is invalid")));
    }
    let connection = own(ctx, &id)?;
    if connection.ended_at.is_some() {
        return Err(not_found(&id));
    }
    if !connection.loa_available {
        return Err(refused(format!(
            "The LOA of connection {id} is not available yet"
        )));
    }
    let now = ctx.now();
    let provider = input.provider_name.or(connection.provider.clone());
    let content = STANDARD.encode(document(connection, provider.as_deref(), now));
    ctx.world.connections.update(now, &id, |connection| {
        connection.loa_issued_at = Some(now);
    });
    ctx.touch(id);
    Ok(json!({"loaContent": content, "loaContentType": "application/pdf"}))
}

/// The PDF.
fn document(connection: &Connection, provider: Option<&str>, now: Timestamp) -> Vec<u8> {
    let lines = [
        "LETTER OF AUTHORIZATION AND CONNECTING FACILITY ASSIGNMENT (simulated)".to_owned(),
        format!("Connection: {} ({})", connection.id, connection.name),
        format!("Customer account: {}", connection.account),
        format!("Location: {}", connection.location),
        format!("AWS device: {}", connection.device),
        format!("Port speed: {}", connection.bandwidth),
        format!("Provider: {}", provider.unwrap_or("none")),
        format!("Issued: {now}, valid for 90 days"),
    ];
    let mut page = "BT /F1 11 Tf 56 780 Td 16 TL".to_owned();
    for line in lines {
        let text: String = line
            .chars()
            .filter(|character| character.is_ascii() && !"()\\".contains(*character))
            .collect();
        let _ = write!(page, " ({text}) '");
    }
    page.push_str(" ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        let _ = write!(pdf, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let table = pdf.len();
    let _ = write!(pdf, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        let _ = writeln!(pdf, "{offset:010} 00000 n ");
    }
    let _ = write!(
        pdf,
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n",
        objects.len() + 1
    );
    pdf.into_bytes()
}
